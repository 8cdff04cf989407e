;; stage: decision ENGINE_DECISION_INVALID
;; Shipping costs what is off it.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_SHIPPING_TOTAL 490
    @length)
  @resume)

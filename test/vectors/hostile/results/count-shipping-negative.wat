;; stage: decision ENGINE_DECISION_INVALID
;; Fewer than none.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_SHIPPING_COUNT -1
    @length)
  @resume)

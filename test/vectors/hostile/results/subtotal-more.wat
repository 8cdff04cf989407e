;; stage: decision ENGINE_DECISION_INVALID
;; Goods cost more than their lines.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_SUBTOTAL 4401
    @length)
  @resume)

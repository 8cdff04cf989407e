;; stage: decision ENGINE_DECISION_INVALID
;; A line costs another price than the cart says; all sums follow.
(module @shop
  (func (export "evaluate") (result i32) @plain 12
    @set64 LINES[0]+DECIDED_TOTAL 400
    @set64 DECISION_SUBTOTAL 4500
    @set64 DECISION_TOTAL 1500
    @length)
  @resume)

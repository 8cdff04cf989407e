;; stage: decision ENGINE_DECISION_INVALID
;; Shipping costs another price than the cart says; all sums follow.
(module @shop
  (func (export "evaluate") (result i32) @plain 12
    @set64 SHIPPING[0]+DECIDED_TOTAL 10
    @set64 DECISION_SHIPPING_TOTAL 10
    @set64 DECISION_TOTAL 1410
    @length)
  @resume)

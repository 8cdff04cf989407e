;; stage: decision ENGINE_DECISION_INVALID
;; Dearer than its price: the discount is below zero, and all sums follow.
(module @shop
  (func (export "evaluate") (result i32) @plain 18
    @set64 LINES[0]+DECIDED_DISCOUNT -100
    @set64 LINES[0]+DECIDED_TOTAL 500
    @set64 SHARES[1]+SHARE_AMOUNT -100
    @set64 DECISION_DISCOUNT_TOTAL 3290
    @set64 DECISION_TOTAL 1600
    @length)
  @resume)

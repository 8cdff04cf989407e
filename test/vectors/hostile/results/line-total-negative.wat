;; stage: decision ENGINE_DECISION_INVALID
;; More is off than the line costs, and all sums follow.
(module @shop
  (func (export "evaluate") (result i32) @plain 18
    @set64 LINES[0]+DECIDED_DISCOUNT 500
    @set64 LINES[0]+DECIDED_TOTAL -100
    @set64 SHARES[1]+SHARE_AMOUNT 500
    @set64 DECISION_DISCOUNT_TOTAL 3890
    @set64 DECISION_TOTAL 1000
    @length)
  @resume)

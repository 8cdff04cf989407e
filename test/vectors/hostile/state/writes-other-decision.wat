;; accepted
;; Gives less than its rules would: that is for those who sign it, not for the sandbox.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @set64 LINES[0]+DECIDED_DISCOUNT 0 @set64 LINES[0]+DECIDED_TOTAL 400 @set64 SHARES[1]+SHARE_AMOUNT 0
    @set64 DECISION_DISCOUNT_TOTAL 3390 @set64 DECISION_TOTAL 1500 @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Rounding to coins, which the policy does not do; the total moves with it.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set64 DECISION_CASH 100
    @set64 DECISION_TOTAL 1500
    @length)
  @resume)

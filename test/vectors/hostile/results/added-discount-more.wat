;; stage: decision ENGINE_DECISION_INVALID
;; More is off the gift than it costs; all sums follow.
(module @shop
  (func (export "evaluate") (result i32) @plain 12
    @set64 ADDED[0]+ADDED_DISCOUNT 1100
    @set64 DECISION_DISCOUNT_TOTAL 4190
    @set64 DECISION_TOTAL 700
    @length)
  @resume)

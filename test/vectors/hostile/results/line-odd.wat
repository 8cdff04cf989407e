;; stage: decision ENGINE_DECISION_INVALID
;; A price rule is said to have run, and three units cost 30.01 together.
(module @shop
  (func (export "evaluate") (result i32) @plain 15
    @set DECISION_FLAGS 4
    @set64 LINES[1]+DECIDED_TOTAL 501
    @set64 DECISION_SUBTOTAL 4401
    @set64 DECISION_TOTAL 1401
    @length)
  @resume)

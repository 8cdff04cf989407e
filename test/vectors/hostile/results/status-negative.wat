;; stage: decision ENGINE_DECISION_INVALID
;; Before the first.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OUTCOMES[0]+OUTCOME_STATUS -1
    @length)
  @resume)

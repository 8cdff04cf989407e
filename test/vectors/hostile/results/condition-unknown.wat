;; stage: decision ENGINE_DECISION_INVALID
;; A promotion has at most 32.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set OUTCOMES[2]+OUTCOME_STATUS 0
    @set OUTCOMES[2]+OUTCOME_DETAIL 32
    @length)
  @resume)

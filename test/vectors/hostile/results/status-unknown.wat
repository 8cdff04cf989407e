;; stage: decision ENGINE_DECISION_INVALID
;; There are eight.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OUTCOMES[0]+OUTCOME_STATUS 8
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; There are three candidates.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OUTCOMES[2]+OUTCOME_DETAIL 3
    @length)
  @resume)

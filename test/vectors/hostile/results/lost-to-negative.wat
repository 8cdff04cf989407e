;; stage: decision ENGINE_DECISION_INVALID
;; NONE is -1; this is nothing.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OUTCOMES[2]+OUTCOME_DETAIL -2
    @length)
  @resume)

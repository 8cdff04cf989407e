;; stage: decision ENGINE_DECISION_INVALID
;; Granted is no number here.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 OUTCOMES[0]+OUTCOME_GRANTED 0x8000000000000000
    @length)
  @resume)

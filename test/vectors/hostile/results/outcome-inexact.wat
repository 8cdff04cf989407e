;; stage: decision ENGINE_DECISION_INVALID
;; Wanted is no number here.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 OUTCOMES[0]+OUTCOME_WANTED 0x7fffffffffffffff
    @length)
  @resume)

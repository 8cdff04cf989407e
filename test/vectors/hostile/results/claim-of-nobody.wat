;; stage: decision ENGINE_DECISION_INVALID
;; There are three candidates.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set CLAIMS[0]+CLAIM_PROMOTION 3
    @length)
  @resume)

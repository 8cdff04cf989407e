;; stage: decision ENGINE_DECISION_INVALID
;; A symbol that is not there.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set CLAIMS[0]+CLAIM_ALLOWANCE 5000
    @length)
  @resume)

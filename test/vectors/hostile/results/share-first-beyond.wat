;; stage: decision ENGINE_DECISION_INVALID
;; The second of the two units would be the third.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[1]+SHARE_FIRST 1
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; A line before the first.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[0]+SHARE_TARGET -1
    @length)
  @resume)

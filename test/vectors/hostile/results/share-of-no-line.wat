;; stage: decision ENGINE_DECISION_INVALID
;; There are two lines.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[0]+SHARE_TARGET 2
    @length)
  @resume)

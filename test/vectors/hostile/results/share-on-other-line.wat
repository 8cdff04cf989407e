;; stage: decision ENGINE_DECISION_INVALID
;; It is off one line, and told of the other.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[1]+SHARE_TARGET 1
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Units and first add up beyond 32 bits.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set SHARES[0]+SHARE_UNITS 0x7fffffff
    @set SHARES[0]+SHARE_FIRST 0x7fffffff
    @length)
  @resume)

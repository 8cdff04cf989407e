;; stage: decision ENGINE_DECISION_INVALID
;; 2^53 off.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 SHARES[0]+SHARE_AMOUNT 9007199254740992
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; An offer before the first.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[0]+SHARE_OFFER -1
    @length)
  @resume)

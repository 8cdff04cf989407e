;; stage: decision ENGINE_DECISION_INVALID
;; An offer whose address wraps around.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[0]+SHARE_OFFER 0x8000000
    @length)
  @resume)

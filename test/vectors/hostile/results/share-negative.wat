;; stage: decision ENGINE_DECISION_INVALID
;; One share takes back what another gave.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set64 SHARES[2]+SHARE_AMOUNT -500
    @set64 SHARES[0]+SHARE_AMOUNT 3000
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; There are four offers.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[0]+SHARE_OFFER 4
    @length)
  @resume)

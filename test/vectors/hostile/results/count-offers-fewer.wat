;; stage: decision ENGINE_DECISION_INVALID
;; Shares of an offer that is not counted.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_OFFER_COUNT 3
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; A symbol that is not there.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OFFERS[0]+OFFER_REASON 5000
    @length)
  @resume)

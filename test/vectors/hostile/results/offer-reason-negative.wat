;; stage: decision ENGINE_DECISION_INVALID
;; A symbol before the first.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OFFERS[0]+OFFER_REASON -1
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; There are three candidates.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OFFERS[0]+OFFER_PROMOTION 3
    @length)
  @resume)

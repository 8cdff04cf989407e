;; stage: decision ENGINE_DECISION_INVALID
;; A share of shipping becomes one of a line.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set OFFERS[2]+OFFER_TARGET 4
    @length)
  @resume)

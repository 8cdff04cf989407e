;; stage: decision ENGINE_DECISION_INVALID
;; Granted is no number here.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 OFFERS[3]+OFFER_GRANTED 0x7fffffffffffffff
    @length)
  @resume)

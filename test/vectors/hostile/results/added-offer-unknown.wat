;; stage: decision ENGINE_DECISION_INVALID
;; A gift of an offer that is not there.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set ADDED[0]+ADDED_OFFER 4
    @length)
  @resume)

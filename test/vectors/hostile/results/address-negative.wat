;; stage: decision ENGINE_DECISION_INVALID
;; Below zero.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_OFFERS -8
    @length)
  @resume)

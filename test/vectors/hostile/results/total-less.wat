;; stage: decision ENGINE_DECISION_INVALID
;; The shopper pays less than the lines add up to.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_TOTAL 1399
    @length)
  @resume)

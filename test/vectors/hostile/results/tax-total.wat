;; stage: decision ENGINE_DECISION_INVALID
;; Tax that no line has.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_TAX_TOTAL 1
    @length)
  @resume)

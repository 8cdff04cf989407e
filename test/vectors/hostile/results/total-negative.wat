;; stage: decision ENGINE_DECISION_INVALID
;; The shop pays the shopper.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_TOTAL -1
    @length)
  @resume)

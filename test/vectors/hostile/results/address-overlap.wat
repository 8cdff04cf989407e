;; stage: decision ENGINE_DECISION_INVALID
;; Shipping is read where the lines are.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_SHIPPING LINES[0]
    @length)
  @resume)

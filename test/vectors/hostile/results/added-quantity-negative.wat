;; stage: decision ENGINE_DECISION_INVALID
;; Minus two gifts at minus nothing.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set ADDED[0]+ADDED_QUANTITY -2
    @length)
  @resume)

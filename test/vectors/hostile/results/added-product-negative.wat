;; stage: decision ENGINE_DECISION_INVALID
;; A symbol before the first.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set ADDED[0]+ADDED_PRODUCT -1
    @length)
  @resume)

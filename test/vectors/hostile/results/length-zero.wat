;; stage: decision ENGINE_DECISION_INVALID
;; No decision at all.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 i32.const 0)
  @resume)

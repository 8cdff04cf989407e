;; stage: decision ENGINE_DECISION_INVALID
;; Not even a header.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 i32.const 120)
  @resume)

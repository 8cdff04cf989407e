;; stage: decision ENGINE_DECISION_INVALID
;; Unsigned it would be 4 GiB.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 i32.const -1)
  @resume)

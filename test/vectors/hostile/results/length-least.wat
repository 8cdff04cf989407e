;; stage: decision ENGINE_DECISION_INVALID
;; The least number there is.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 i32.const -2147483648)
  @resume)

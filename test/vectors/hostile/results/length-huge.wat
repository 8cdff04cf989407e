;; stage: decision ENGINE_DECISION_INVALID
;; Two gigabytes.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 i32.const 2147483640)
  @resume)

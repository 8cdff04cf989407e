;; stage: evaluate ENGINE_RESOLVER_FAULT
;; A slice inside a slice would double the fuel.
(module @shop
  (func (export "evaluate") (result i32) @plain 9 i32.const 5 call $sliceEnter i32.const 5 call $sliceEnter @length)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; More than there is.
(module @shop
  (func (export "evaluate") (result i32) @plain 9 i32.const 0x7fffffff call $sliceEnter @length)
  @resume)

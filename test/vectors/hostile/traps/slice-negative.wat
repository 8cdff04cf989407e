;; stage: evaluate ENGINE_RESOLVER_FAULT
;; A negative slice would fill the reserve.
(module @shop
  (func (export "evaluate") (result i32) @plain 9 i32.const -1 call $sliceEnter @length)
  @resume)

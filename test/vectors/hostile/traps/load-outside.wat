;; stage: evaluate ENGINE_RESOLVER_FAULT
;; The first byte behind the memory.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 0x1000000 i32.load drop
    @length)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Writes behind the memory.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 0x1000000 i32.const 1 i32.store8
    @length)
  @resume)

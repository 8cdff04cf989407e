;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Four gigabytes away.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const -1 i32.load8_u drop
    @length)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Address and offset add up beyond 32 bits.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const -1 i64.load offset=0xffffffff drop
    @length)
  @resume)

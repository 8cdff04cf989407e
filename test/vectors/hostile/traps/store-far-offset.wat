;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Would wrap around to address zero.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 8 i32.const 1 i32.store offset=0xfffffff8
    @length)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; 2^31 is no number of 32 bits.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 0x80000000 i32.const -1 i32.div_s drop
    @length)
  @resume)

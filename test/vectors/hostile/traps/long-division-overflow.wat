;; stage: evaluate ENGINE_RESOLVER_FAULT
;; 2^63 is no number of 64 bits.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i64.const 0x8000000000000000 i64.const -1 i64.div_s drop
    @length)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; One by nothing.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 1 i32.const 0 i32.div_s drop
    @length)
  @resume)

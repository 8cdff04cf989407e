;; stage: evaluate ENGINE_RESOLVER_FAULT
;; One modulo nothing.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i64.const 1 i64.const 0 i64.rem_u drop
    @length)
  @resume)

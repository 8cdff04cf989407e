;; stage: evaluate ENGINE_RESOLVER_FAULT
;; The last byte and three behind it.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 0xffffff i32.load drop
    @length)
  @resume)

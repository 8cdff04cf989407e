;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Stops at once.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    unreachable
    @length)
  @resume)

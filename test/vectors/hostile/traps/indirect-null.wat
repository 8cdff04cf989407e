;; stage: evaluate ENGINE_RESOLVER_FAULT
;; An entry that nothing fills.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 1 call_indirect (type $t)
    @length)
  (type $t (func)) (table 2 2 funcref) (elem (i32.const 0) $f) (func $f @plain 1)
  @resume)

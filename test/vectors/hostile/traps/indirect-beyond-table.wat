;; stage: evaluate ENGINE_RESOLVER_FAULT
;; The table has one entry.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 1 call_indirect (type $t)
    @length)
  (type $t (func)) (table 1 1 funcref) (elem (i32.const 0) $f) (func $f @plain 1)
  @resume)

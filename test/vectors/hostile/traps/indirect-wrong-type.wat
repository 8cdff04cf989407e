;; stage: evaluate ENGINE_RESOLVER_FAULT
;; The function has another type.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 0 call_indirect (type $u) drop
    @length)
  (type $t (func)) (type $u (func (result i64))) (table 1 1 funcref) (elem (i32.const 0) $f) (func $f (type $t) @plain 1)
  @resume)

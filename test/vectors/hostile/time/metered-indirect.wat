;; stage: evaluate ENGINE_RESOLVER_FAULT
;; A loop that does its work through the table.
;; metered by the build
(module @shopmemory @decision
  (type $t (func (param i32) (result i32)))
  (table 2 2 funcref) (elem (i32.const 0) $one $two)
  (func $one (type $t) local.get 0 i32.const 1 i32.add)
  (func $two (type $t) local.get 0 i32.const 1 i32.shl)
  (func (export "evaluate") (result i32) (local $i i32)
    loop local.get $i local.get $i i32.const 1 i32.and call_indirect (type $t) local.set $i br 0 end unreachable)
  (func (export "resume") (result i32) i32.const 0))

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Three loops that go back into one another.
;; metered by the build
(module @shopmemory @decision
  (func (export "evaluate") (result i32) (local $i i32)
    loop $a loop $b loop $c
      local.get $i i32.const 1 i32.add local.tee $i i32.const 3 i32.rem_u br_table $a $b $c $a
    end end end unreachable)
  (func (export "resume") (result i32) i32.const 0))

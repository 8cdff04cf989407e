;; accepted
;; Takes a while, and has the right decision.
;; metered by the build
(module @shopmemory @decision
  (func (export "evaluate") (result i32) (local $i i32)
    loop local.get $i i32.const 1 i32.add local.tee $i i32.const 1000 i32.lt_s br_if 0 end @length)
  (func (export "resume") (result i32) i32.const 0))

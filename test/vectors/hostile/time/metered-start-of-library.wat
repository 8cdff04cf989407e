;; stage: instantiate ENGINE_INSTANTIATE
;; What the standard library prepares, for ever.
;; metered by the build
;; alone: _initialize stops with -1
(module @shopmemory @decision
  (func (export "evaluate") (result i32) @length)
  (func (export "resume") (result i32) i32.const 0)
  (func (export "_initialize") loop br 0 end))

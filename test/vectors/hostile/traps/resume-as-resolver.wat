;; stage: evaluate ENGINE_RESOLVER_FAULT
;; A rule stops, then the engine itself.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 0 unreachable)
  (func (export "resume") (result i32) @plain 9 @set CONTROL_RUN RUN_RESOLVER unreachable))

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; The rule that stopped stops again, and again.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 1 unreachable)
  (func (export "resume") (result i32) @plain 30 i32.const 1000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 1 unreachable))

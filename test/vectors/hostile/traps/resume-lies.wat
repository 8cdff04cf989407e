;; stage: decision ENGINE_DECISION_INVALID
;; The engine goes on, and its decision is none.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 2 unreachable)
  (func (export "resume") (result i32) @plain 1 i32.const 0))

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; One rule after the other stops, until there is none left and still one more.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 0 unreachable)
  (func (export "resume") (result i32) @plain 30 i32.const 1000 call $sliceEnter @set CONTROL_RUN RUN_RULE @at CONTROL_CURRENT @at CONTROL_CURRENT i32.load i32.const 1 i32.add i32.store unreachable))

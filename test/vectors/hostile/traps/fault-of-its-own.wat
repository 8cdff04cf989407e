;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Blames money for what is no rule's fault.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 1 unreachable)
  (func (export "resume") (result i32) @plain 9 @set CONTROL_RUN RUN_DONE @set CONTROL_FAULT FAULT_MONEY unreachable))

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; The rule stops, and the engine behind it does not.
(module @shop
  (func (export "evaluate") (result i32) @plain 20
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 0 unreachable)
  (func (export "resume") (result i32) (local $L i32) @cached 9
    block (result i32) loop @head 1 br 0 end unreachable end @flush))

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Says that a rule stopped before the first.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT -1 unreachable)
  (func (export "resume") (result i32) @plain 9 @set OUTCOMES[2]+OUTCOME_STATUS STATUS_FAILED @set OUTCOMES[2]+OUTCOME_DETAIL FAULT_TRAP @length))

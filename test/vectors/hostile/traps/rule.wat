;; accepted
;; A rule stops, the engine goes on behind it, and the decision says so.
(module @shop
  (func (export "evaluate") (result i32) @plain 30
    i32.const 100000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 2 unreachable)
  (func (export "resume") (result i32) @plain 9 @set OUTCOMES[2]+OUTCOME_STATUS STATUS_FAILED @set OUTCOMES[2]+OUTCOME_DETAIL FAULT_TRAP @length))

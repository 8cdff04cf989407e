;; accepted
;; A rule spends its slice and no more; the engine goes on behind it, and says so.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) @cached 30
    block (result i32)
      i32.const 100000 @flush call $sliceEnter @refresh
      @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 2
      loop @head 1 br 0 end unreachable
    end
    @flush)
  (func (export "resume") (result i32) @plain 9 @set OUTCOMES[2]+OUTCOME_STATUS STATUS_FAILED @set OUTCOMES[2]+OUTCOME_DETAIL FAULT_FUEL @length))

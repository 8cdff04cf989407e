;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Says from the start that a rule runs, which is none.
(module @shop (func (export "evaluate") (result i32) @plain 1 unreachable) @resume
  (data (i32.const 0x400) "\01\00\00\00\ff\ff\ff\ff"))

;; stage: compile
;; Has a value only when the condition holds.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 i32.const 1 if (result i32) i32.const 1 end))

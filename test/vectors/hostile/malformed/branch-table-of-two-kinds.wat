;; stage: compile
;; One target takes a value, the other does not.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 block (result i32) block i32.const 0 i32.const 0 br_table 0 1 end i32.const 1 end))

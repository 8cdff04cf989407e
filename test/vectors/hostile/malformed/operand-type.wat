;; stage: compile
;; Adds a long to an integer.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 i64.const 1 i32.const 2 i32.add))

;; stage: compile
;; Calls with one argument of two.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func $two (param i32 i32) nop) (func @plain 9 i32.const 1 call $two))

;; stage: compile
;; A byte that is said to stand at a multiple of eight.
;; replace 41 00 2d 00 00 by 41 00 2d 03 00
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 i32.const 0 i32.load8_u))

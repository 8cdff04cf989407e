;; stage: compile
;; An `else` in a block.
;; replace 02 40 01 0b 0b by 02 40 05 0b 0b
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func @plain 9 block nop end))

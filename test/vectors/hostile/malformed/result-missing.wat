;; stage: compile
;; Promises a value and has none.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 nop))

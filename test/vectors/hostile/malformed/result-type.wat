;; stage: compile
;; Promises an integer and has a long.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 i64.const 1))

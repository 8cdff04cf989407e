;; stage: compile
;; Chooses between an integer and a long.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func @plain 9 i32.const 1 i64.const 1 i32.const 1 select drop))

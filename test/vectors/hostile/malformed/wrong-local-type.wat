;; stage: compile
;; A long read as an integer.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (local i64) @plain 9 local.get 0 i32.const 1 i32.add drop))

;; stage: compile
;; Engines check what never runs, too.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 unreachable i64.const 1 i32.eqz))

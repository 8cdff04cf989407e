;; stage: compile
;; Keeps the fuel in a local of another type.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (local $L i64) @cached 9 block end @flush))

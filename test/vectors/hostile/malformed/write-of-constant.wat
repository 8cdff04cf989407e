;; stage: compile
;; A constant is written.
(module (global $c i32 (i32.const 7)) @shop
  (func (export "evaluate") (result i32) @plain 9 i32.const 1 global.set $c @length) @resume)

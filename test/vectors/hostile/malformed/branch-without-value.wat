;; stage: compile
;; Leaves a block without what it promises.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length) @resume
  (func (result i32) @plain 9 block (result i32) br 0 end))

;; accepted
;; Comes back from inside a slice, with seven of fuel: the next cart begins outside of it.
(module @shop
  (func (export "evaluate") (result i32) @plain 60 i32.const 7 call $sliceEnter @length)
  @resume)

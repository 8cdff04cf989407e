;; accepted
;; Free functions cost their caller what they do, so there is no tree of them that is large.
(module @shop
  (func (export "evaluate") (result i32) @plain 80 call $f0 @length)
  (func $f0 call $f1 call $f1) (func $f1 call $f2 call $f2) (func $f2 call $f3 call $f3) (func $f3 nop nop)
  @resume)

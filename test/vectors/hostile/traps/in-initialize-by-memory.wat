;; stage: instantiate ENGINE_INSTANTIATE
;; Reads behind the memory before the first cart.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length)
  (func (export "_initialize") @plain 9 i32.const -1 i32.load drop)
  @resume)

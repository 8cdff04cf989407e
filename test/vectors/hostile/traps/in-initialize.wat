;; stage: instantiate ENGINE_INSTANTIATE
;; Stops before the first cart.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length)
  (func (export "_initialize") @plain 1 unreachable)
  @resume)

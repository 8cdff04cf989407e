;; stage: instantiate ENGINE_INSTANTIATE
;; Before the first cart.
;; alone: _initialize stops with -1
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length)
  (func (export "_initialize") (local $L i32) @cached 9 block loop @head 1 br 0 end end @flush)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; A loop that could end, but does not.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) @cached 9
    block (result i32) loop @head 2 i32.const 1 br_if 0 end i32.const 0 end @flush)
  @resume)

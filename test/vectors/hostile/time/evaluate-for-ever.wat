;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Never gives a decision.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) @cached 9
    block (result i32) loop @head 1 br 0 end i32.const 0 end @flush)
  @resume)

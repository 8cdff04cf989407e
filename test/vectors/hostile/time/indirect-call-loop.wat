;; stage: evaluate ENGINE_RESOLVER_FAULT
;; What is called through the table costs little; called for ever it costs all.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) @cached 9
    block (result i32)
      loop @head 9 i32.const 0 @flush call_indirect (type $t) @refresh br 0 end
      unreachable
    end
    @flush)
  (type $t (func)) (table 1 1 funcref) (elem (i32.const 0) $step) (func $step @plain 1 nop)
  @resume)

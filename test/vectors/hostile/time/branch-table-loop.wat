;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Goes back to the head by a table.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) (local $i i32) @cached 9
    block (result i32)
      loop $again @head 30
        block $one block $two
          local.get $i i32.const 1 i32.add local.tee $i i32.const 3 i32.rem_u
          br_table $two $one $again $again
        end br $again
        end br $again
      end
      unreachable
    end
    @flush)
  @resume)

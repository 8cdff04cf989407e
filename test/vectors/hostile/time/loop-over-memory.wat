;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Writes all sixteen megabytes, as far as the fuel goes.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) (local $i i32) @cached 9
    block (result i32)
      loop @head 20
        local.get $i i64.const -1 i64.store
        local.get $i i32.const 8 i32.add local.tee $i i32.const 0x1000000 i32.lt_s br_if 0
      end
      @length
    end
    @flush)
  @resume)

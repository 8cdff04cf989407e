;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Ends after three hundred years.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) (local $i i64) @cached 9
    block (result i32)
      loop @head 20 local.get $i i64.const 1 i64.add local.tee $i i64.const 0x7fffffffffffffff i64.lt_s br_if 0 end
      @length
    end
    @flush)
  @resume)

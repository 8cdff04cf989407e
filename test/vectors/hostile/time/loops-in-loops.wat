;; stage: evaluate ENGINE_RESOLVER_FAULT
;; A million times a million.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) (local $i i32) (local $j i32) @cached 9
    block (result i32)
      loop @head 20
        loop @head 20
          local.get $j i32.const 1 i32.add local.tee $j i32.const 1000000 i32.lt_s br_if 0
        end
        i32.const 0 local.set $j
        local.get $i i32.const 1 i32.add local.tee $i i32.const 1000000 i32.lt_s br_if 0
      end
      @length
    end
    @flush)
  @resume)

;; accepted
;; Spends nearly all there is, and is done.
(module @shop
  (func (export "evaluate") (result i32) (local $L i32) (local $i i32) @cached 50
    block (result i32)
      loop @head 41999 local.get $i i32.const 1 i32.add local.tee $i i32.const 99 i32.lt_s br_if 0 end
      @length
    end
    @flush)
  @resume)

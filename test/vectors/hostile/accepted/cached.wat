;; accepted
;; Free, plain and cached functions, and every way from one to another.
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length)
  @resume
  (func $free (param i32) (result i32) local.get 0)
  (func $plain @plain 3 call $free2 drop)
  (func $free2 (result i32) i32.const 1)
  (func (param i32) (result i32) (local $L i32) @cached 8
    block (result i32)
      i32.const 1 call $free drop
      @flush call $plain @refresh
      loop @head 4
        local.get 0 br_if 0
        i32.const 5 br 1
      end
      i32.const 7
    end
    @flush))

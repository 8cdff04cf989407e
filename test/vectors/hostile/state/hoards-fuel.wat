;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Leaves its fuel in the reserve, to have twice as much for the second cart; spends five millions of four.
;; runs: ok, ENGINE_RESOLVER_FAULT, ok
(module (global $calls (mut i32) (i32.const 0)) @shop
  (func $spend (local $L i32) (local $i i32) @cached 9
    block loop @head 100000 local.get $i i32.const 1 i32.add local.tee $i i32.const 50 i32.lt_s br_if 0 end end @flush)
  (func (export "evaluate") (result i32) @plain 60
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls i32.const 2 i32.eq
    if call $sliceLeave call $spend end
    i32.const 0 call $sliceEnter
    @length)
  @resume)

;; stage: evaluate ENGINE_RESOLVER_FAULT
;; Waits for the second cart to stop; the third meets another instance.
;; runs: ok, ENGINE_RESOLVER_FAULT, ok
(module (global $calls (mut i32) (i32.const 0)) @shop
  (func (export "evaluate") (result i32) @plain 60
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls i32.const 2 i32.eq
    if unreachable end
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Waits for the second cart to lie; the third meets another instance, which waits too.
;; runs: ok, ENGINE_DECISION_INVALID, ok
(module (global $calls (mut i32) (i32.const 0)) @shop
  (func (export "evaluate") (result i32) @plain 60
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls i32.const 2 i32.eq
    if @set64 DECISION_TOTAL 1 end
    @length)
  @resume)

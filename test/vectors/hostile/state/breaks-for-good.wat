;; stage: decision ENGINE_DECISION_INVALID
;; What it broke in its memory is gone with its instance.
;; runs: ok, ENGINE_DECISION_INVALID, ok
(module (global $calls (mut i32) (i32.const 0)) @shop
  (func (export "evaluate") (result i32) @plain 60
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls i32.const 2 i32.eq
    if @set DECISION_MAGIC 0 end
    @length)
  @resume)

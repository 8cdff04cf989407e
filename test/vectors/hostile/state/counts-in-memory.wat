;; stage: decision ENGINE_DECISION_INVALID
;; The same with a counter in memory.
;; runs: ok, ENGINE_DECISION_INVALID, ok
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @at STATIC i32.load i32.const 1 i32.add i32.const 2 i32.eq
    if @set64 DECISION_TOTAL 1 end
    @at STATIC @at STATIC i32.load i32.const 1 i32.add i32.store
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; 2^53 + 1 off a line.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 LINES[0]+DECIDED_DISCOUNT 9007199254740993
    @length)
  @resume)

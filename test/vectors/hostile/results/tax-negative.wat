;; stage: decision ENGINE_DECISION_INVALID
;; Two taxes that cancel one another.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set64 LINES[0]+DECIDED_TAX -1
    @set64 LINES[1]+DECIDED_TAX 1
    @length)
  @resume)

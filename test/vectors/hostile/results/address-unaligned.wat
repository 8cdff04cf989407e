;; stage: decision ENGINE_DECISION_INVALID
;; Four bytes off.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_SHARES SHARES[0]+4
    @length)
  @resume)

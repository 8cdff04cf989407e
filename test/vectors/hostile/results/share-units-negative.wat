;; stage: decision ENGINE_DECISION_INVALID
;; Off minus one unit.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[0]+SHARE_UNITS -1
    @length)
  @resume)

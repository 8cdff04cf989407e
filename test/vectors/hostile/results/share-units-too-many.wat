;; stage: decision ENGINE_DECISION_INVALID
;; Off three units of two.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[1]+SHARE_UNITS 3
    @length)
  @resume)

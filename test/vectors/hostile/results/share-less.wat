;; stage: decision ENGINE_DECISION_INVALID
;; Shares do not add up to what is off the line.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 SHARES[1]+SHARE_AMOUNT 99
    @length)
  @resume)

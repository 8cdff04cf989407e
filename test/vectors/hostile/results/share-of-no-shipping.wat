;; stage: decision ENGINE_DECISION_INVALID
;; There is one shipping entry.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set SHARES[3]+SHARE_TARGET 1
    @length)
  @resume)

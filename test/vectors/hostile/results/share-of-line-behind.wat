;; stage: decision ENGINE_DECISION_INVALID
;; What is off shipping is told of a third line, of which there are two: shipping lies there, and the sums agree.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set SHARES[3]+SHARE_OFFER 0
    @set SHARES[3]+SHARE_TARGET 2
    @length)
  @resume)

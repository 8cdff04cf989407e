;; stage: decision ENGINE_DECISION_INVALID
;; Gives to a budget instead of drawing from it.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 CLAIMS[0]+CLAIM_AMOUNT -1
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; 2^53 + 1, which is no number here.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_TOTAL 9007199254740993
    @length)
  @resume)

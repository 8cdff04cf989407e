;; stage: decision ENGINE_DECISION_INVALID
;; The largest number of 64 bits.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_TOTAL 0x7fffffffffffffff
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Would be read far behind the memory.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_OFFER_COUNT 2147483647
    @length)
  @resume)

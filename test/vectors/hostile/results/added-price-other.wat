;; stage: decision ENGINE_DECISION_INVALID
;; The goods do not cost what the gift adds.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 ADDED[0]+ADDED_UNIT_PRICE 501
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Its price times its quantity leaves the exact integers.
(module @shop
  (func (export "evaluate") (result i32) @plain 9
    @set64 ADDED[0]+ADDED_UNIT_PRICE 9007199254740991
    @set ADDED[0]+ADDED_QUANTITY 0x7ffffffe
    @length)
  @resume)

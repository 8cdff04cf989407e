;; stage: decision ENGINE_DECISION_INVALID
;; Changes the currency of cart and decision.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @set CART_CURRENCY 0x465548 @set DECISION_CURRENCY 0x465548 @length)
  @resume)

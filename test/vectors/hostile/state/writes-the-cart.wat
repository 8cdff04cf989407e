;; stage: decision ENGINE_DECISION_INVALID
;; Changes a price in the cart, and decides by that.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @at CART_LINES i32.load i64.const 100 i64.store
    @set64 LINES[0]+DECIDED_TOTAL 100
    @set64 DECISION_SUBTOTAL 4200
    @set64 DECISION_TOTAL 1200
    @length)
  @resume)

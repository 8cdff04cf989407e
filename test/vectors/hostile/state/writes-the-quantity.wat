;; stage: decision ENGINE_DECISION_INVALID
;; Changes a quantity in the cart, and gives more units than there are.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @at CART_LINES i32.load i32.const 9 i32.store offset=40
    @set SHARES[0]+SHARE_UNITS 9
    @length)
  @resume)

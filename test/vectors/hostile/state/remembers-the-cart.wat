;; accepted
;; Keeps prices of one cart for the next: it has nowhere to send them, but could answer by them.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @at STATIC @at CART_NOW i64.load i64.store
    @at STATIC+8 @at CART_LINES i32.load i64.load i64.store
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; The cart, read as lines.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_LINES CART
    @length)
  @resume)

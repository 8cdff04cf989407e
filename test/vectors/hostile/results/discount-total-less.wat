;; stage: decision ENGINE_DECISION_INVALID
;; Less is off than is told of lines and shipping.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set64 DECISION_DISCOUNT_TOTAL 3489
    @length)
  @resume)

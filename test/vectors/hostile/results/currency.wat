;; stage: decision ENGINE_DECISION_INVALID
;; Forint instead of euro.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_CURRENCY 0x465548
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Another format.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_MAGIC 0
    @length)
  @resume)

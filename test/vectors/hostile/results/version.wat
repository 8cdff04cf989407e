;; stage: decision ENGINE_DECISION_INVALID
;; A version to come.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_VERSION 1
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; A claim more than the header tells of.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 @length i32.const 16 i32.add)
  @resume)

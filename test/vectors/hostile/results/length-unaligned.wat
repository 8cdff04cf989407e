;; stage: decision ENGINE_DECISION_INVALID
;; Between two records.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 @length i32.const 4 i32.add)
  @resume)

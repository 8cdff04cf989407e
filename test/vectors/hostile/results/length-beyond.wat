;; stage: decision ENGINE_DECISION_INVALID
;; Eight bytes more than the region of decisions.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 i32.const 3670024)
  @resume)

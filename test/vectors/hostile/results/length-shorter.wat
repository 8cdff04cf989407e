;; stage: decision ENGINE_DECISION_INVALID
;; The last claim is cut off.
(module @shop
  (func (export "evaluate") (result i32) @plain 3 @length i32.const 16 i32.sub)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; All of the region, and the header says so too.
(module @shop
  (func (export "evaluate") (result i32) @plain 6 @set DECISION_LENGTH 3670016 i32.const 3670016)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Behind the memory.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_OFFERS 0x7ffffff8
    @length)
  @resume)

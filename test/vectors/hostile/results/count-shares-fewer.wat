;; stage: decision ENGINE_DECISION_INVALID
;; The last share is left out, and the offers with it are elsewhere.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_SHARE_COUNT 3
    @length)
  @resume)

;; stage: decision ENGINE_DECISION_INVALID
;; Header and answer differ.
(module @shop
  (func (export "evaluate") (result i32) @plain 6
    @set DECISION_LENGTH 128
    @length)
  @resume)

;; stage: profile PROFILE_UNMETERED
;; Costs nothing, and the host cannot pay for it.
(module @memory @globals @resume @forfeit (func (export "evaluate") (result i32) i32.const 0))

;; stage: profile PROFILE_FUEL_WRITE
;; Prices may not depend on fuel.
(module @frame (func (result i32) @plain 9 global.get $fuel))

;; stage: profile PROFILE_FUEL_WRITE
(module @frame (func i32.const 1000000 global.set $fuel))

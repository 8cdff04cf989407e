;; stage: profile PROFILE_FUEL_WRITE
(module @frame (func @plain 9 i32.const 1000000 global.set $fuel))

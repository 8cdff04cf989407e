;; stage: profile PROFILE_FUEL_WRITE
(module @frame (func @plain 9 call $forfeit))

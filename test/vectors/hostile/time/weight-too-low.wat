;; stage: profile PROFILE_WEIGHT
(module @frame (func @plain 3 nop nop nop nop))

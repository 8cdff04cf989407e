;; stage: profile PROFILE_UNMETERED
(module @frame (table 1 1 funcref) (elem (i32.const 0) $free) (func $free nop))

;; stage: profile PROFILE_INDEX
(module @frame (table 1 1 funcref) (elem (i32.const 0) 99))

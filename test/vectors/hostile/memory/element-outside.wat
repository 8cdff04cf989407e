;; stage: profile PROFILE_ELEMENT
(module @frame (table 1 1 funcref) (elem (i32.const 1) $evaluate))

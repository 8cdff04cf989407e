;; stage: profile PROFILE_ELEMENT
(module @frame (table 1 1 funcref) (elem func $evaluate))

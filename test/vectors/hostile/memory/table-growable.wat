;; stage: profile PROFILE_TABLE
(module @frame (table 1 2 funcref))

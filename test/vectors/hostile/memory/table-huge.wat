;; stage: profile PROFILE_TABLE
(module @frame (table 1025 1025 funcref))

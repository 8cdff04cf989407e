;; stage: profile PROFILE_TABLE
(module @frame (table 1 1 externref))

;; stage: profile PROFILE_TOO_MANY
(module @frame (table 1 1 funcref) (table 1 1 funcref))

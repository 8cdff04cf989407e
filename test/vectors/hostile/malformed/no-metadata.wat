;; stage: profile PROFILE_METADATA
;; bare
(module @frame)

;; stage: profile PROFILE_MEMORY
;; Multi-memory: a second one.
;; replace 05 04 01 by 05 07 02 01 01 01
(module @frame)

;; stage: profile PROFILE_MEMORY
;; A kind of memory that nobody has.
;; replace 05 04 01 01 01 01 by 05 04 01 81 01 01
(module @frame)

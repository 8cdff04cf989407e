;; stage: profile PROFILE_MEMORY
;; A memory section with nothing in it.
;; replace 05 04 01 01 01 01 by 05 01 00
(module @frame)

;; stage: profile PROFILE_MEMORY
;; Custom page sizes: pages of one byte.
;; replace 05 04 01 01 01 01 by 05 05 01 09 01 01 00
(module @frame)

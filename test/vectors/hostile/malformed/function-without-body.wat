;; stage: profile PROFILE_BODY
;; Four functions, three bodies.
;; replace 03 04 03 00 00 01 by 03 05 04 00 00 01 01
(module @frame)

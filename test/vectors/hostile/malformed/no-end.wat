;; stage: profile PROFILE_BODY
;; A body without its end.
;; replace 41 00 0b 18 by 41 00 01 18
(module @frame)

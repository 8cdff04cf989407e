;; stage: profile PROFILE_BODY
;; A body goes on behind its end.
;; replace 41 00 0b 18 by 0b 01 0b 18
(module @frame)

;; stage: profile PROFILE_BODY
;; The code that empties the reserve, and one instruction more.
;; replace 0a 3e 03 by 0a 3f 03
;; replace 0a 00 23 01 24 00 41 00 24 01 0b by 0b 00 23 01 24 00 41 00 24 01 0b 01
(module @frame)

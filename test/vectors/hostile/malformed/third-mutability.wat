;; stage: profile PROFILE_GLOBAL
;; A global is constant or not.
;; replace 06 0b 02 by 06 10 03 7f 02 41 00 0b
(module @frame)

;; stage: profile PROFILE_BODY
;; A number goes on in the next body.
;; replace 41 00 0b 18 by 41 80 0b 18
(module @frame)

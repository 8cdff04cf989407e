;; stage: profile PROFILE_BODY
;; A body longer than what is left of the section.
;; replace 41 00 0b 18 00 by 41 00 0b ff 00
(module @frame)

;; stage: profile PROFILE_BAD_HEADER
;; The header of a component.
;; replace 00 61 73 6d 01 00 00 00 by 00 61 73 6d 0d 00 01 00
(module @frame)

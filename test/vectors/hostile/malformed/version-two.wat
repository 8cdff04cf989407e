;; stage: profile PROFILE_BAD_HEADER
;; A version to come.
;; replace 00 61 73 6d 01 by 00 61 73 6d 02
(module @frame)

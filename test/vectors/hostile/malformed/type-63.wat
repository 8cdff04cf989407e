;; stage: profile PROFILE_TYPE
;; A type that nobody has.
;; replace 01 08 02 60 by 01 08 02 3f
(module @frame)

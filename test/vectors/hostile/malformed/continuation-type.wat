;; stage: profile PROFILE_TYPE
;; Stack switching: a continuation.
;; replace 01 08 02 60 by 01 08 02 5d
(module @frame)

;; stage: profile PROFILE_TYPE
;; Garbage collection: a structure where a function type belongs.
;; replace 01 08 02 60 by 01 08 02 5f
(module @frame)

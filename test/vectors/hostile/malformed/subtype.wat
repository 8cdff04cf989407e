;; stage: profile PROFILE_TYPE
;; Garbage collection: an open type.
;; replace 01 08 02 60 by 01 08 02 50
(module @frame)

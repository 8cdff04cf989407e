;; stage: profile PROFILE_TYPE
;; Garbage collection: a group of types that know one another.
;; replace 01 08 02 60 by 01 08 02 4e
(module @frame)

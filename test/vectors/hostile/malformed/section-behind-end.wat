;; stage: profile PROFILE_TRUNCATED
;; A section of a hundred bytes, of which there is none.
;; append 00 64
(module @frame)

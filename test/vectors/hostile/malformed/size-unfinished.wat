;; stage: profile PROFILE_TRUNCATED
;; The file ends inside a size.
;; append 00 80
(module @frame)

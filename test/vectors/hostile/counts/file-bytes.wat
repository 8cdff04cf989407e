;; stage: profile PROFILE_TOO_LARGE
;; More than 256 KiB.
;; append 00 x 262144
(module @frame)

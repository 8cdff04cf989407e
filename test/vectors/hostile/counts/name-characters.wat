;; stage: profile PROFILE_TOO_MANY
;; A custom section with a name of 65 characters.
;; append 00 42 41
;; append 6e x 65
(module @frame)

;; stage: profile PROFILE_TOO_MANY
;; Four billions, counted before anything is allocated.
;; append 0b 05 ff ff ff ff 0f
(module @frame)

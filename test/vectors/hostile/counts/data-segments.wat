;; stage: profile PROFILE_TOO_MANY
;; 513 data segments, counted before the first is read.
;; append 0b 02 81 04
(module @frame)

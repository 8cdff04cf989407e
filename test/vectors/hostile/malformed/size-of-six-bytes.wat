;; stage: profile PROFILE_BAD_LEB
;; A size never takes more than five.
;; append 00 80 80 80 80 80 00
(module @frame)

;; stage: profile PROFILE_CUSTOM_SECTION
;; Which of them would hold?
;; append 00 07 06 68 61 67 67 6c 65
(module @frame)

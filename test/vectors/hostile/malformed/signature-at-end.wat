;; stage: profile PROFILE_CUSTOM_SECTION
;; It would not cover what stands before it.
;; append 00 0a 09 73 69 67 6e 61 74 75 72 65
(module @frame)

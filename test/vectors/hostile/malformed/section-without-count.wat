;; stage: profile PROFILE_SECTION_LENGTH
;; Not even a count.
;; append 0b 00
(module @frame)

;; stage: profile PROFILE_SECTION_LENGTH
;; A byte of the data section belongs to nothing.
;; append 0b 02 00 00
(module @frame)

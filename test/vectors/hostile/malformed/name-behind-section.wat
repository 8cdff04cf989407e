;; stage: profile PROFILE_SECTION_LENGTH
;; The name is longer than its section.
;; append 00 02 06 68
(module @frame)

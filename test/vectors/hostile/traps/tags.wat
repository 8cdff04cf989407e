;; stage: profile PROFILE_SECTION_UNKNOWN
;; Exceptions brought a section of tags.
;; append 0d 01 00
(module @frame)

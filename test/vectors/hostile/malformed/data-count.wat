;; stage: profile PROFILE_SECTION_UNKNOWN
;; Bulk memory brought a section that counts the data.
;; append 0c 01 00
(module @frame)

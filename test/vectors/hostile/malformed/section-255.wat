;; stage: profile PROFILE_SECTION_UNKNOWN
;; The last id there is.
;; append ff 01 00
(module @frame)

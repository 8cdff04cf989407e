;; stage: profile PROFILE_CUSTOM_SECTION
;; A zero behind a name that is known.
;; append 00 08 07 68 61 67 67 6c 65 00
(module @frame)

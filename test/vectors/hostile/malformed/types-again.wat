;; stage: profile PROFILE_SECTION_ORDER
;; The type section a second time.
;; append 01 01 00
(module @frame)

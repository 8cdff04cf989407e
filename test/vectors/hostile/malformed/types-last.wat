;; stage: profile PROFILE_SECTION_ORDER
;; Tables stand before memories.
;; append 04 01 00
(module @frame)

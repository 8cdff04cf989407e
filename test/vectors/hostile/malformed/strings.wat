;; stage: profile PROFILE_SECTION_UNKNOWN
;; Reference-typed strings brought a section of literals.
;; append 0e 01 00
(module @frame)

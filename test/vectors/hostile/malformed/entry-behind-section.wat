;; stage: profile PROFILE_SECTION_LENGTH
;; An entry of the data section begins where the section ends.
;; append 0b 01 01 00 41 00 0b
(module @frame)

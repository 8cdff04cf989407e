;; stage: profile PROFILE_CUSTOM_SECTION
;; A name that looks like one that is known: its second letter is Cyrillic.
;; append 00 08 07 68 d0 b0 67 67 6c 65
(module @frame)

;; stage: profile PROFILE_CUSTOM_SECTION
;; Parts of a module that are signed apart can be cut off.
;; append 00 14 13 73 69 67 6e 61 74 75 72 65 5f 64 65 6c 69 6d 69 74 65 72
(module @frame)

;; stage: profile PROFILE_INDEX
(module @frame (func @plain 9 call 99))

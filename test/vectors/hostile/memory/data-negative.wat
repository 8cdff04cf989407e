;; stage: profile PROFILE_DATA
(module @frame (data (i32.const -1) "a"))

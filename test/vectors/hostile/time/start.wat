;; stage: profile PROFILE_START
(module @frame (func $start @plain 1) (start $start))

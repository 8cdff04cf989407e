;; stage: profile PROFILE_RECURSION
(module @frame (func $f call $f))

;; stage: profile PROFILE_RECURSION
(module @frame (func $f @plain 9 call $f))

;; stage: profile PROFILE_RECURSION
(module @frame (func $f @plain 9 call $g) (func $g @plain 9 call $f))

;; stage: profile PROFILE_UNMETERED
(module @frame (func $plain @plain 1) (func call $plain))

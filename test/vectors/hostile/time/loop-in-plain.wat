;; stage: profile PROFILE_UNMETERED
(module @frame (func @plain 9 loop br 0 end))

;; stage: profile PROFILE_UNMETERED
(module @frame (func loop br 0 end))

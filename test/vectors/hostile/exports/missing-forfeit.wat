;; stage: profile PROFILE_UNMETERED
(module @memory @globals @evaluate @resume)

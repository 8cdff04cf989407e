;; expect: PROFILE_UNMETERED
(module @memory @globals @evaluate @resume)

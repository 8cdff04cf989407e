;; stage: profile PROFILE_EXPORT
(module @memory @globals @evaluate @forfeit)

;; stage: profile PROFILE_EXPORT
(module @globals @exports)

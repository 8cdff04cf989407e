;; expect: PROFILE_EXPORT
(module @globals @exports)

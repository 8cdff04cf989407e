;; expect: PROFILE_EXPORT
(module @memory @globals @evaluate @forfeit)

;; expect: PROFILE_METADATA bare
(module @frame)

;; stage: profile PROFILE_TYPE
(module @memory (global funcref (ref.null func)) @globals @exports)

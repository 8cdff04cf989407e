;; stage: profile PROFILE_EXPORT
(module @frame (table (export "table") 1 1 funcref))

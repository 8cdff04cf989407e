;; stage: profile PROFILE_EXPORT
;; Whoever printed the exports would call it.
(module @frame (export "toJSON" (func $evaluate)))

;; stage: profile PROFILE_EXPORT
;; Whoever awaited the exports would call it.
(module @frame (export "then" (func $evaluate)))

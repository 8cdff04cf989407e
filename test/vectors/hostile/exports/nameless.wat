;; stage: profile PROFILE_EXPORT
;; The name of nothing.
(module @frame (export "" (func $evaluate)))

;; stage: profile PROFILE_EXPORT
;; Means something to any object.
(module @frame (export "constructor" (func $evaluate)))

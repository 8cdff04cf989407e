;; stage: profile PROFILE_EXPORT
;; Looks like a symbol.
(module @frame (export "@@iterator" (func $evaluate)))

;; stage: profile PROFILE_EXPORT
;; Looks like `evaluate`; its first letter is Cyrillic.
(module @frame (export "\d0\b5valuate" (func $evaluate)))

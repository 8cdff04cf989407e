;; stage: profile PROFILE_TOO_MANY
;; A name of 65 characters.
(module @frame (export "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" (func $evaluate)))

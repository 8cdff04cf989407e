;; stage: profile PROFILE_EXPORT
;; A memory that is not there.
;; replace 6d 65 6d 6f 72 79 02 00 by 6d 65 6d 6f 72 79 02 01
(module @globals @exports (memory 1 1) (export "memory" (memory 0)))

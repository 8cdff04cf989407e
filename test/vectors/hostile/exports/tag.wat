;; stage: profile PROFILE_EXPORT
;; A kind of export that came with exceptions.
;; replace 65 78 70 6c 61 69 6e 00 by 65 78 70 6c 61 69 6e 04
(module @frame (export "explain" (func $evaluate)))

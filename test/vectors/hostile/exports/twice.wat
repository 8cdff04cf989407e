;; stage: profile PROFILE_EXPORT
;; The same name a second time.
;; replace 6d 65 6d 6f 72 7a by 6d 65 6d 6f 72 79
(module @memory @globals @evaluate @resume @forfeit (export "memorz" (memory 0)))

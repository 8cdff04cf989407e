;; stage: profile PROFILE_UNMETERED
;; Would be called when it is least expected.
(module @frame (export "_initialize" (func $forfeit)))

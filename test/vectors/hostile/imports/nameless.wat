;; stage: profile PROFILE_IMPORT
;; Names of nothing.
(module (import "" "" (func)) @frame)

;; stage: profile PROFILE_IMPORT
(module (import "env" "abort" (func)) @frame)

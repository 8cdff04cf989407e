;; stage: profile PROFILE_IMPORT
;; With a plain object of imports this would be `Function`.
(module (import "constructor" "constructor" (func)) @frame)

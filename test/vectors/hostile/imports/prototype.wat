;; stage: profile PROFILE_IMPORT
;; With a plain object as import object this reaches `Function`.
(module (import "constructor" "constructor" (func (param i32))) @frame)

;; stage: profile PROFILE_IMPORT
;; Random numbers.
(module (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))) @frame)

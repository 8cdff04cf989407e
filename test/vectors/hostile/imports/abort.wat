;; stage: profile PROFILE_IMPORT
;; What AssemblyScript imports by itself.
(module (import "env" "abort" (func (param i32 i32 i32 i32))) @frame)

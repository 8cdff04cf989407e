;; stage: profile PROFILE_IMPORT
;; Strings of the host, which some engines give to anyone.
(module (import "wasm:js-string" "length" (func (param i32) (result i32))) @frame)

;; stage: profile PROFILE_IMPORT
;; Fuel from elsewhere.
(module (import "env" "fuel" (global (mut i32))) @frame)

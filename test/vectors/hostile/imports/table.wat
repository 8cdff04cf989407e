;; stage: profile PROFILE_IMPORT
;; Functions from elsewhere.
(module (import "env" "table" (table 1 1 funcref)) @frame)

;; stage: profile PROFILE_IMPORT
;; Text constants of the host, which some engines give to anyone.
(module (import "'" "text" (global externref)) @frame)

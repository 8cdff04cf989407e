;; stage: profile PROFILE_IMPORT
(module (import "env" "memory" (memory 1 1)) @globals @exports (export "memory" (memory 0)))

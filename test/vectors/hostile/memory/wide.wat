;; stage: profile PROFILE_MEMORY
(module (memory (export "memory") i64 1 1) @globals @exports)

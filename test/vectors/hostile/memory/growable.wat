;; stage: profile PROFILE_MEMORY
(module (memory (export "memory") 1 2) @globals @exports)

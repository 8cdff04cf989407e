;; stage: profile PROFILE_MEMORY
(module (memory (export "memory") 1) @globals @exports)

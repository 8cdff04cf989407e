;; stage: profile PROFILE_MEMORY
(module (memory (export "memory") 257 257) @globals @exports)

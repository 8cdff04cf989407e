;; stage: profile PROFILE_MEMORY
(module (memory (export "memory") 1 1 shared) @globals @exports)

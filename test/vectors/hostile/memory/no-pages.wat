;; stage: instantiate ENGINE_ABI
;; A memory of nothing.
(module (memory (export "memory") 0 0) @globals @exports)

;; stage: profile PROFILE_FLOAT
(module @memory (global f64 (f64.const 0)) @globals @exports)

;; stage: profile PROFILE_EXPORT
(module @memory (global (export "state") (mut i32) (i32.const 0)) @globals @exports)

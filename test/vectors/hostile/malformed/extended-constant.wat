;; stage: profile PROFILE_CONST_EXPR
(module @memory (global i32 (i32.add (i32.const 1) (i32.const 2))) @globals @exports)

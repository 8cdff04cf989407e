;; stage: profile PROFILE_CONST_EXPR
(module @memory (global $at i32 (i32.const 0)) @globals @exports (data (global.get $at) "a"))

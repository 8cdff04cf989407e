;; stage: profile PROFILE_INDEX
(module @frame (func @plain 9 i32.const 0 global.set 2))

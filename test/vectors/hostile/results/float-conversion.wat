;; stage: profile PROFILE_FLOAT
(module @frame (func @plain 9 i32.const 1 f32.reinterpret_i32 drop))

;; stage: profile PROFILE_FLOAT
(module @frame (func @plain 9 f32.const 0 i32.trunc_sat_f32_s drop))

;; stage: profile PROFILE_FLOAT
(module @frame (func @plain 9 f64.const 1 drop))

;; stage: profile PROFILE_OPCODE
(module @frame (func @plain 9 v128.const i32x4 0 0 0 0 drop))

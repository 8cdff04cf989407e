;; stage: profile PROFILE_OPCODE
(module @frame (func @plain 9 i32.const 0 i64.load align=16 drop))

;; stage: profile PROFILE_OPCODE
(module @frame (func @plain 9 i32.const 0 i32.const 0 i32.const 0 select (result i32) drop))

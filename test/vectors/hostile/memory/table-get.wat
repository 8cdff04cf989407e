;; stage: profile PROFILE_OPCODE
(module @frame (table 1 1 funcref) (func @plain 9 i32.const 0 table.get 0 drop))

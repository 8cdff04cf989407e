;; stage: profile PROFILE_OPCODE
;; Multi-memory: the flags of a load name a memory.
;; replace 28 02 00 by 28 42 00
(module @frame (func (result i32) @plain 9 i32.const 0 i32.load))

;; stage: profile PROFILE_OPCODE
;; Bulk memory: one instruction, as long as you like.
;; replace 01 01 01 01 01 01 01 01 01 by fc 0a 00 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop i32.const 0))

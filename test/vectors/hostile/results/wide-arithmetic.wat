;; stage: profile PROFILE_OPCODE
;; Wide arithmetic: two results of one instruction.
;; replace 01 01 01 01 01 01 01 by fc 13 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_OPCODE
;; One instruction, as long as the table.
;; replace 01 01 01 01 01 01 01 01 01 by fc 0e 00 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_OPCODE
;; Puts another function into the table.
;; replace 01 01 01 01 01 01 01 by 26 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

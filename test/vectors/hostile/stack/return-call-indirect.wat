;; stage: profile PROFILE_OPCODE
;; Tail calls: for ever through the table.
;; replace 01 01 01 01 01 01 01 01 by 13 00 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

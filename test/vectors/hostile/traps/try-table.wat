;; stage: profile PROFILE_OPCODE
;; Exceptions: a block that catches by a table.
;; replace 01 01 01 01 01 01 01 01 by 1f 40 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

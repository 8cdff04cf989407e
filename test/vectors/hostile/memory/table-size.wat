;; stage: profile PROFILE_OPCODE
;; What the table has grown to.
;; replace 01 01 01 01 01 01 01 01 by fc 10 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

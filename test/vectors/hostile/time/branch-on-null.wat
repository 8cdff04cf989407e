;; stage: profile PROFILE_OPCODE
;; Typed function references: another way to branch.
;; replace 01 01 01 01 01 01 01 by d5 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_OPCODE
;; A function as a value, to be called from anywhere.
;; replace 01 01 01 01 01 01 01 by d2 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

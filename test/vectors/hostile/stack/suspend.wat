;; stage: profile PROFILE_OPCODE
;; Stack switching: leaves by another door.
;; replace 01 01 01 01 01 01 01 by e2 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

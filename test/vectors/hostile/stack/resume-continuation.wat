;; stage: profile PROFILE_OPCODE
;; Stack switching: goes on elsewhere.
;; replace 01 01 01 01 01 01 01 01 by e3 00 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

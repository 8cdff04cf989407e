;; stage: profile PROFILE_OPCODE
;; Typed function references and tail calls at once.
;; replace 01 01 01 01 01 01 01 by 15 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

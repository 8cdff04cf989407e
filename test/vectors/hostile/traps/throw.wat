;; stage: profile PROFILE_OPCODE
;; Exceptions: what is thrown is no error of the host.
;; replace 01 01 01 01 01 01 01 by 08 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

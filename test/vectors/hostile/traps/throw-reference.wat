;; stage: profile PROFILE_OPCODE
;; Exceptions: throws what was caught.
;; replace 01 01 01 01 01 01 by 0a 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop i32.const 0))

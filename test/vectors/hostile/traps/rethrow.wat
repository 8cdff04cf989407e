;; stage: profile PROFILE_OPCODE
;; Exceptions, the first proposal: throws again.
;; replace 01 01 01 01 01 01 01 by 09 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_OPCODE
;; Vectors: sixteen bytes at once.
;; replace 01 01 01 01 01 01 01 01 01 by fd 00 04 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop i32.const 0))

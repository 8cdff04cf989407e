;; stage: profile PROFILE_OPCODE
;; Garbage collection: an integer as a reference.
;; replace 01 01 01 01 01 01 01 by fb 1c 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

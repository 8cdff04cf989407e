;; stage: profile PROFILE_OPCODE
;; Garbage collection: a cast that may trap.
;; replace 01 01 01 01 01 01 01 01 by fb 16 70 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

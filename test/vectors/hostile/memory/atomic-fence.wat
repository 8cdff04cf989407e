;; stage: profile PROFILE_OPCODE
;; Threads: needs no shared memory.
;; replace 01 01 01 01 01 01 01 01 by fe 03 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

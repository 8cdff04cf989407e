;; stage: profile PROFILE_OPCODE
;; Threads: sleeps, for ever if it may.
;; replace 01 01 01 01 01 01 01 01 01 by fe 01 02 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_OPCODE
;; Relaxed vectors: what they compute is the host's own.
;; replace 01 01 01 01 01 01 01 01 by fd 80 02 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

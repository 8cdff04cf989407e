;; stage: profile PROFILE_OPCODE
;; Grows the table, whose memory no limit of pages counts.
;; replace 01 01 01 01 01 01 01 01 by fc 0f 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_BAD_LEB
;; A constant of 64 bits never takes more than ten bytes.
;; replace 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 by 42 80 80 80 80 80 80 80 80 80 80 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop i32.const 0))

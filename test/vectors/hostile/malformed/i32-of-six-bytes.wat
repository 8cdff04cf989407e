;; stage: profile PROFILE_BAD_LEB
;; A constant of 32 bits never takes more than five bytes.
;; replace 01 01 01 01 01 01 01 01 01 01 01 01 by 41 80 80 80 80 80 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop nop nop nop i32.const 0))

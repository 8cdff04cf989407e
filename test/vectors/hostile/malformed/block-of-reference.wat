;; stage: profile PROFILE_TYPE
;; A block that leaves a function.
;; replace 01 01 01 01 01 01 01 by 02 70 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

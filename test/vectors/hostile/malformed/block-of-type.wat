;; stage: profile PROFILE_TYPE
;; Multi-value: a block that takes and leaves what a type says.
;; replace 01 01 01 01 01 01 01 by 02 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop i32.const 0))

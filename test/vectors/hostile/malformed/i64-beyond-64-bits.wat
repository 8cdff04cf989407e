;; stage: profile PROFILE_BAD_LEB
;; The bits above the sign differ from it.
;; replace 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 by 42 80 80 80 80 80 80 80 80 80 01 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop i32.const 0))

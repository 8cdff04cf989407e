;; stage: profile PROFILE_INDEX
;; Four billion blocks out.
;; replace 01 01 01 01 01 01 01 01 01 01 01 by 0c ff ff ff ff 0f 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop nop nop i32.const 0))

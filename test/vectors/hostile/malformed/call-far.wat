;; stage: profile PROFILE_INDEX
;; Function four billion.
;; replace 01 01 01 01 01 01 01 01 01 01 01 by 10 ff ff ff ff 0f 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop nop nop i32.const 0))

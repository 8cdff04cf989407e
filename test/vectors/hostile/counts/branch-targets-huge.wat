;; stage: profile PROFILE_TOO_MANY
;; Four billion targets, counted before the first is read.
;; replace 01 01 01 01 01 01 01 01 01 01 01 by 0e ff ff ff ff 0f 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop nop nop i32.const 0))

;; stage: profile PROFILE_OPCODE
;; Reference-typed strings: a literal.
;; replace 01 01 01 01 01 01 01 01 01 by fb 82 01 00 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop nop nop nop i32.const 0))

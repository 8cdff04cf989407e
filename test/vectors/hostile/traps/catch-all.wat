;; stage: profile PROFILE_OPCODE
;; Exceptions, the first proposal: catches what the host throws, out of stack among it.
;; replace 01 01 01 01 01 01 by 19 01 01 01 01 01
(module @frame (func (result i32) @plain 30 nop nop nop nop nop nop i32.const 0))

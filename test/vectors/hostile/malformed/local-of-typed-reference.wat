;; stage: profile PROFILE_TYPE
;; Typed function references: a local of a type of its own.
;; replace 01 01 7f 23 00 41 09 by 01 01 64 00 23 41 09
(module @frame (func (result i32) (local i32) @plain 9 i32.const 0))

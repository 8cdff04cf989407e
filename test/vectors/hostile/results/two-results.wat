;; stage: profile PROFILE_TYPE
(module @frame (func (result i32 i32) @plain 9 i32.const 0 i32.const 0))

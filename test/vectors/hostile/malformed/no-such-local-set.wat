;; stage: profile PROFILE_INDEX
(module @frame (func (param i32) @plain 9 i32.const 0 local.set 200))

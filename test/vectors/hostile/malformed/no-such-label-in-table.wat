;; stage: profile PROFILE_INDEX
(module @frame (func @plain 9 block i32.const 0 br_table 0 2 0 end))

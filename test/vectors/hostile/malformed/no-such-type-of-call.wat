;; stage: profile PROFILE_INDEX
(module @frame (table 1 1 funcref) (func @plain 9 i32.const 0 call_indirect (type 99)))

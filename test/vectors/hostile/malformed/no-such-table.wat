;; stage: profile PROFILE_INDEX
(module @frame (type $t (func)) (func @plain 9 i32.const 0 call_indirect (type $t)))

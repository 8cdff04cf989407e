;; stage: profile PROFILE_RECURSION
(module @frame (table 1 1 funcref) (elem (i32.const 0) $f)
  (type $t (func (param i32)))
  (func $f (param i32) @plain 9 i32.const 0 i32.const 0 call_indirect (type $t)))

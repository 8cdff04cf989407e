;; stage: profile PROFILE_RECURSION
;; Two types that are written alike are one type to the engine.
(module (type $a (func (param i64))) (type $b (func (param i64))) @frame
  (table 1 1 funcref) (elem (i32.const 0) $f)
  (func $f (type $a) @plain 9 i64.const 0 i32.const 0 call_indirect (type $b)))

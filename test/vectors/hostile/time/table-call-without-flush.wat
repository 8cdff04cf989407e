;; stage: profile PROFILE_UNMETERED
(module @frame (table 1 1 funcref) (type $t (func))
  (func (local $L i32) @cached 9 block i32.const 0 call_indirect (type $t) end @flush))

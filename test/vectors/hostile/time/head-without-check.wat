;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9
  block loop local.get $L i32.const 3 i32.sub local.tee $L drop br 0 end end @flush))

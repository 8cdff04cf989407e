;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $x i32) (local $L i32) @cached 9
  block loop local.get $x i32.const 3 i32.sub local.tee $x i32.const 0 i32.lt_s if i32.const -1 global.set $fuel unreachable end br 0 end end @flush))

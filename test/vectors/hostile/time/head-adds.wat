;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9 block loop
  local.get $L i32.const 5 i32.add local.tee $L i32.const 0 i32.lt_s if i32.const -1 global.set $fuel unreachable end
  br 0 end end @flush))

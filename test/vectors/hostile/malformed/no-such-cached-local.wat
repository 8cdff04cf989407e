;; stage: profile PROFILE_INDEX
(module @frame (func global.get $fuel i32.const 9 i32.sub local.tee 7 i32.const 0 i32.lt_s if i32.const -1 global.set $fuel unreachable end block end local.get 7 global.set $fuel))

;; stage: profile PROFILE_UNMETERED
(module @frame (func global.get $fuel i32.const 5 i32.sub global.set $fuel
  global.get $fuel i32.const 0 i32.lt_u if i32.const -1 global.set $fuel unreachable end))

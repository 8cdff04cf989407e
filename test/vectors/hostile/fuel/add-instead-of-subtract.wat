;; expect: PROFILE_UNMETERED
(module @frame (func global.get $fuel i32.const 5 i32.add global.set $fuel))

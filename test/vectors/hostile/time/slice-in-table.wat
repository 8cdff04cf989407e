;; stage: profile PROFILE_UNMETERED
(module @frame (table 1 1 funcref) (elem (i32.const 0) $leave)
  (func $leave global.get $fuel global.get $reserve i32.add global.set $fuel i32.const 0 global.set $reserve))

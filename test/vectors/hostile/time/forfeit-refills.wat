;; stage: profile PROFILE_UNMETERED
(module @memory @globals @evaluate @resume
  (func (export "forfeit") i32.const 1000000 global.set $fuel i32.const 0 global.set $reserve))

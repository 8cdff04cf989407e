;; stage: profile PROFILE_UNMETERED
(module @frame
  (func (export "_initialize") global.get $fuel global.get $reserve i32.add global.set $fuel i32.const 0 global.set $reserve))

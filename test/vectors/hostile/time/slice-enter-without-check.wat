;; stage: profile PROFILE_FUEL_WRITE
;; A negative slice would fill the reserve.
(module @frame (func (param i32) global.get $fuel local.get 0 i32.sub global.set $reserve local.get 0 global.set $fuel))

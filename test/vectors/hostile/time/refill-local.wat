;; stage: profile PROFILE_FUEL_WRITE
(module @frame (func (local $L i32) @cached 9 block i32.const 1000000 local.set $L end @flush))

;; stage: profile PROFILE_FUEL_WRITE
(module @frame (func (local $L i32) @cached 9 block @flush nop end @flush))

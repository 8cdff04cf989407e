;; stage: profile PROFILE_FUEL_WRITE
(module @frame (func $plain @plain 1)
  (func (local $L i32) @cached 9 block block @flush br 0 end @flush call $plain @refresh end @flush))

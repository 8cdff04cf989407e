;; stage: profile PROFILE_UNMETERED
(module @frame (func $plain @plain 1)
  (func (local $L i32) @cached 9 block @flush call $plain end @flush))

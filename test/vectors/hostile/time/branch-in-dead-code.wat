;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9 block unreachable br 1 end @flush))

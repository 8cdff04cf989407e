;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9 block unreachable loop br 0 end end @flush))

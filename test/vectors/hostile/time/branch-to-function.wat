;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9 block loop @head 3 br 2 end end @flush))

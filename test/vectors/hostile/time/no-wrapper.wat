;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9 loop @head 3 br 0 end @flush))

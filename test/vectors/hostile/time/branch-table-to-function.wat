;; stage: profile PROFILE_UNMETERED
(module @frame (func (local $L i32) @cached 9 block loop @head 3 i32.const 0 br_table 0 2 1 end end @flush))

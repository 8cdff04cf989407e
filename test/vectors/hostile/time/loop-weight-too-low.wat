;; stage: profile PROFILE_WEIGHT
(module @frame (func (local $L i32) @cached 9 block loop @head 3 nop nop nop br 0 end end @flush))

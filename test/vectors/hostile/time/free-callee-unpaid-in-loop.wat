;; stage: profile PROFILE_WEIGHT
(module @frame (func $free nop nop nop)
  (func (local $L i32) @cached 99 block loop @head 4 call $free br 0 end end @flush))

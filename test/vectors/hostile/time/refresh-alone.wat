;; stage: profile PROFILE_FUEL_WRITE
;; Takes the stale global: every turn of a loop would be forgotten.
(module @frame (func (local $L i32) @cached 9 block loop @head 4 @refresh br 0 end end @flush))

;; stage: profile PROFILE_UNMETERED
;; Leaves without handing over: the caller would get back what was spent here.
(module @frame (func (local $L i32) @cached 9 block loop @head 3 return end end @flush))

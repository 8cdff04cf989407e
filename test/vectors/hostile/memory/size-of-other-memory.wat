;; stage: profile PROFILE_INDEX
;; Multi-memory: the size of a second one.
;; replace 3f 00 by 3f 01
(module @frame (func (result i32) @plain 9 memory.size))

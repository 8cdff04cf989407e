;; stage: profile PROFILE_INDEX
(module @frame (func (type 99) @plain 1))

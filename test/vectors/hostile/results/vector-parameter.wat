;; stage: profile PROFILE_TYPE
(module @frame (func (param v128) @plain 1))

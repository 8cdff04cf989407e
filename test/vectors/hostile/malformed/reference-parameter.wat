;; stage: profile PROFILE_TYPE
(module @frame (func (param externref) @plain 1))

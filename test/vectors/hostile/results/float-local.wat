;; stage: profile PROFILE_FLOAT
(module @frame (func (local f32) @plain 9))

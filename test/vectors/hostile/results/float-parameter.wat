;; stage: profile PROFILE_FLOAT
(module @frame (func (param f32) @plain 1))

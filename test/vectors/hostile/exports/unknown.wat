;; stage: profile PROFILE_EXPORT
(module @frame (func (export "then") @plain 1))

;; stage: profile PROFILE_EXPORT
(module @frame (func (export "constructor") @plain 1))

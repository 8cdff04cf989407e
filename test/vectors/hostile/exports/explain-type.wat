;; stage: profile PROFILE_EXPORT
;; Takes nothing to explain.
(module @frame (func (export "explain") (result i32) @plain 1 i32.const 0))

;; stage: profile PROFILE_EXPORT
;; The host would fill the wrong one.
(module @memory @exports (global $fuel (mut i32) (i32.const 0)) (global $reserve (export "fuel") (mut i32) (i32.const 0)))

;; stage: profile PROFILE_EXPORT
(module @memory
  (global $fuel (mut i32) (i32.const 0))
  (global $reserve (export "fuel") (mut i32) (i32.const 0))
  @exports)

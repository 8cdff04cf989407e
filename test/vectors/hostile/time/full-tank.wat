;; stage: profile PROFILE_UNMETERED
(module @memory
  (global $fuel (export "fuel") (mut i32) (i32.const 1))
  (global $reserve (mut i32) (i32.const 0))
  @exports)

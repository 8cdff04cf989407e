;; stage: profile PROFILE_DATA
;; The second byte lies behind the memory.
(module @shop (func (export "evaluate") (result i32) @plain 1 @length) @resume (data (i32.const 0xffffff) "ab"))

;; stage: profile PROFILE_TYPE
;; A block type by index may take operands in, and has more results.
(module @frame (func @plain 9 i32.const 0 block (param i32) drop end))

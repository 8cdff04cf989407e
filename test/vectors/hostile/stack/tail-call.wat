;; stage: profile PROFILE_OPCODE
(module @frame (func $f @plain 9 return_call $f))

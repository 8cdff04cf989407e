;; stage: profile PROFILE_OPCODE
(module @frame (func @plain 9 try catch_all end))

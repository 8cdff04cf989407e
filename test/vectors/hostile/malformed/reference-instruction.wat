;; stage: profile PROFILE_OPCODE
(module @frame (func @plain 9 ref.null func drop))

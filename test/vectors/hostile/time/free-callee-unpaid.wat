;; stage: profile PROFILE_WEIGHT
;; The call costs 1 and what the free function costs.
(module @frame (func $free nop nop nop) (func @plain 3 call $free))

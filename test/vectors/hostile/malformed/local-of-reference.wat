;; stage: profile PROFILE_TYPE
;; A local that holds what the host has.
(module @frame (func (local externref) @plain 1))

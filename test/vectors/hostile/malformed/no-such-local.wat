;; stage: profile PROFILE_INDEX
(module @frame (func @plain 9 local.get 1 drop))

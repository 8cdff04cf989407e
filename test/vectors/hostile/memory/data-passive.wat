;; stage: profile PROFILE_DATA
(module @frame (data "a"))

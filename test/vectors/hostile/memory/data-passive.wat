;; expect: PROFILE_DATA
(module @frame (data "a"))

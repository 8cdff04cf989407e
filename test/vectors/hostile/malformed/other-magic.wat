;; stage: profile PROFILE_BAD_HEADER
;; Another kind of file.
;; replace 00 61 73 6d by 7f 45 4c 46
(module @frame)

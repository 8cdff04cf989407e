;; stage: profile PROFILE_TOO_MANY
;; Four billion imports, before functions are counted.
;; replace 03 04 03 00 00 01 by 02 05 ff ff ff ff 0f 03 04 03 00 00 01
(module @frame)

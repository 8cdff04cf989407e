;; stage: profile PROFILE_IMPORT
;; Exceptions of the host.
;; replace 03 04 03 00 00 01 by 02 08 01 01 65 01 74 04 00 00 03 04 03 00 00 01
(module @frame)

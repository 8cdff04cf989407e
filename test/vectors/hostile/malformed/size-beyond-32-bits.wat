;; stage: profile PROFILE_BAD_LEB
;; Five bytes, of which the last has more bits than are left.
;; append 00 ff ff ff ff 1f
(module @frame)

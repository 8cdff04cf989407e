;; stage: profile PROFILE_WEIGHT
;; 2^24 + 1: from here on a host would have to think about wrapping.
(module @frame (func @plain 16777217))

;; expect: PROFILE_SECTION_MISSING
(module)

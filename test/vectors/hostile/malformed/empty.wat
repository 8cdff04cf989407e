;; stage: profile PROFILE_SECTION_MISSING
(module)

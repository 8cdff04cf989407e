;; stage: instantiate ENGINE_ABI
;; Fits the profile, but one page is not where the cart goes.
(module @frame)

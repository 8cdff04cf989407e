;; expect: ok
(module @frame)

;; stage: profile PROFILE_UNMETERED
(module (import "haggle" "sliceEnter" (func (param i32))) @frame)

;; accepted
;; Spoils the list of candidates: the host reads its own.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @set CANDIDATES -1 @set CONTROL_CANDIDATE_COUNT 0x7fffffff @length)
  @resume)

;; accepted
;; Counts its calls in a global: each answer agrees with its cart, and they are not the same.
(module (global $calls (mut i32) (i32.const 0)) @shop
  (func (export "evaluate") (result i32) @plain 60
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls i32.const 2 i32.eq
    if @set OUTCOMES[2]+OUTCOME_STATUS STATUS_NOT_ELIGIBLE @set OUTCOMES[2]+OUTCOME_DETAIL 5 end
    @length)
  @resume)

;; accepted
;; Says strange things, and gives the right decision all the same.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @set CONTROL_RUN -1 @set CONTROL_CURRENT -1 @set CONTROL_FAULT -1 @set CONTROL_SLICE -1 @set CONTROL_SERVER 1 @length)
  @resume)

;; accepted
;; Nobody calls it for a price; who does is stopped by its fuel.
;; alone: explain stops with -1
(module @shop
  (func (export "evaluate") (result i32) @plain 1 @length)
  (func (export "explain") (param i32) (result i32) (local $L i32) @cached 9
    block (result i32) loop @head 1 br 0 end unreachable end @flush)
  @resume)

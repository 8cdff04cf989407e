;; accepted
;; Spoils the promotions in its memory: the host reads its own copy.
(module @shop
  (func (export "evaluate") (result i32) @plain 60
    @set TABLE_MAGIC 0 @set TABLE_COUNT -1 @set TABLE_PROMOTIONS -1 @set TABLE_SYMBOL_COUNT -1 @length)
  @resume)

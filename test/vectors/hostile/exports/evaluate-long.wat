;; stage: profile PROFILE_EXPORT
;; A length of 64 bits comes as a BigInt.
(module @memory @globals @resume @forfeit (func (export "evaluate") (result i64) @plain 1 i64.const 128))

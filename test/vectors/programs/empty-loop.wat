(module @unmetered
  (func (export "explain") (param $n i32) (result i32)
    loop $outer
      loop end
      local.get $n i32.const 1 i32.sub local.tee $n i32.const 0 i32.gt_s br_if $outer
    end
    loop (result i32) local.get $n end))

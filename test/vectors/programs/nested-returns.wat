(module @unmetered
  (func (export "explain") (param $n i32) (result i32) (local $i i32)
    loop $outer (result i32)
      local.get $i i32.const 1 i32.add local.tee $i
      local.get $n i32.eq
      if
        block loop i32.const 5 local.get $i return end unreachable end
      end
      local.get $i i32.const 30 i32.gt_s
      if (result i32)
        i32.const -7 i32.const 9 i32.const 3 br 2
      else
        br $outer
      end
    end))

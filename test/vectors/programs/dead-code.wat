(module @unmetered
  (func $leaf (param i32) (result i32) local.get 0 i32.const 3 i32.shl)
  (func $far (param i32) (result i32) (local $i i32)
    loop local.get $i i32.const 1 i32.add local.tee $i i32.const 5 i32.lt_s br_if 0 end
    local.get 0 return
    loop i32.const 1 call $leaf drop br 0 end
    i32.const 9 return unreachable)
  (func (export "explain") (param $n i32) (result i32) (local $i i32)
    loop
      local.get $n i32.const 10 i32.gt_s
      if unreachable i32.const 3 call $far br 1 end
      local.get $n call $far return
      loop br 1 end
    end
    i32.const 4))

;; Free, plain and cached functions calling one another from inside and outside of loops.
(module @unmetered
  (func $odd (param i32) (result i32) local.get 0 i32.const 1 i32.and)
  (func $step (param $n i32) (result i32)
    local.get $n call $odd
    if (result i32) local.get $n i32.const 3 i32.mul i32.const 1 i32.add
    else local.get $n i32.const 1 i32.shr_u end)
  (func $collatz (param $n i32) (result i32) (local $count i32)
    block
      loop
        local.get $n i32.const 1 i32.le_s br_if 1
        local.get $n call $step local.set $n
        local.get $count i32.const 1 i32.add local.tee $count
        i32.const 200 i32.lt_s br_if 0
      end
    end
    local.get $count)
  (func $twice (param $n i32) (result i32)
    local.get $n call $collatz local.get $n i32.const 1 i32.add call $collatz i32.add)
  (func (export "explain") (param $n i32) (result i32) (local $sum i64)
    loop
      local.get $sum local.get $n call $twice i64.extend_i32_s i64.add local.set $sum
      local.get $n i32.const 1 i32.sub local.tee $n i32.const 0 i32.gt_s br_if 0
    end
    local.get $sum i32.wrap_i64))

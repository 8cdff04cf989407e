(module @unmetered
  (type $binary (func (param i32 i32) (result i32)))
  (table 4 4 funcref)
  (elem (i32.const 0) $add $power $divide)
  (func $add (type $binary) local.get 0 local.get 1 i32.add)
  (func $power (type $binary) (local $r i32)
    i32.const 1 local.set $r
    block loop
      local.get 1 i32.eqz br_if 1
      local.get $r local.get 0 i32.mul local.set $r
      local.get 1 i32.const 1 i32.sub local.set 1
      br 0
    end end
    local.get $r)
  (func $divide (type $binary) local.get 0 local.get 1 i32.div_s)
  (func (export "explain") (param $n i32) (result i32) (local $i i32) (local $r i32)
    loop
      local.get $r
      local.get $n i32.const 6 local.get $n i32.sub i32.const 15 i32.and
      local.get $i
      call_indirect (type $binary)
      i32.add local.set $r
      local.get $i i32.const 1 i32.add local.tee $i
      local.get $n i32.const 1 i32.and i32.const 3 i32.add i32.lt_u br_if 0
    end
    local.get $r))

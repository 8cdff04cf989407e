(module
  (import "haggle" "sliceEnter" (func $enter (param i32)))
  (import "haggle" "sliceLeave" (func $leave))
  @unmetered
  (func (export "explain") (param $n i32) (result i32) (local $sum i32)
    loop
      i32.const 1000 call $enter
      local.get $sum local.get $n i32.add local.set $sum
      call $leave
      local.get $n i32.const 1 i32.sub local.tee $n i32.const 0 i32.gt_s br_if 0
    end
    local.get $sum))

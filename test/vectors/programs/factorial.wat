(module @unmetered
  (func (export "explain") (param $n i32) (result i32) (local $r i32)
    i32.const 1 local.set $r
    block $done
      loop $next
        local.get $n i32.const 1 i32.le_s br_if $done
        local.get $r local.get $n i32.mul local.set $r
        local.get $n i32.const 1 i32.sub local.set $n
        br $next
      end
    end
    local.get $r))

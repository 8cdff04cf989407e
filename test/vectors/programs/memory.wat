;; A sieve in memory, with data and 64-bit code; traps outside of the memory.
(module @unmetered
  (data (i32.const 8) "\01\01")
  (global $seen (mut i64) (i64.const -9223372036854775808))
  (func (export "explain") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    i32.const 2 local.set $i
    block $done
      loop $number
        local.get $i local.get $n i32.ge_s br_if $done
        local.get $i i32.load8_u offset=64 i32.eqz
        if
          local.get $count i32.const 1 i32.add local.set $count
          local.get $i local.set $j
          block loop
            local.get $j local.get $n i32.ge_s br_if 1
            local.get $j i32.const 1 i32.store8 offset=64
            local.get $j local.get $i i32.add local.set $j
            br 0
          end end
        end
        local.get $i i32.const 1 i32.add local.set $i
        br $number
      end
    end
    local.get $n i32.const 24 i32.mul i32.const 60 i32.mul i32.const 64 i32.mul i64.load8_s drop
    global.get $seen i64.const 1 i64.add global.set $seen
    local.get $count))

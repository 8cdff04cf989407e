;; Leaves a loop by a table: to the head, to blocks, to the function itself.
(module @unmetered
  (func (export "explain") (param $n i32) (result i32) (local $i i32)
    loop $again
      block $two
        block $one
          block $zero
            local.get $n local.get $i i32.add i32.const 7 i32.and
            br_table $zero $one $two $zero $one
          end
          local.get $i i32.const 1 i32.add local.set $i
          local.get $i i32.const 20 i32.lt_s br_if $again
          i32.const 100 return
        end
        local.get $i i32.const 3 i32.add local.set $i
        local.get $i i32.const 40 i32.lt_s br_if $again
      end
    end
    local.get $i))

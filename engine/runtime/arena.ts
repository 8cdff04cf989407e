// The memory manager under AssemblyScript's own strings, arrays and maps when a rule uses them. It stands in for
// the standard `stub` runtime: a bump pointer that the engine sets back before every rule, so nothing is ever
// freed and nothing survives. The memory is fixed: what does not fit traps, and the rule is switched off.

import { MEMORY_BYTES } from "haggle/layout";

@lazy let arenaEnd: usize = 0; // set before the first rule runs

const OBJECT_HEADER: usize = 20; // what the compiler expects before every managed object

/** A block of the running rule's arena, aligned to 8. */
@global @unsafe
export function __arena(size: usize): usize {
  const block = arenaEnd;
  const end = (block + size + 7) & ~7;
  if (end > (MEMORY_BYTES as usize) || end < block) unreachable();
  arenaEnd = end;
  return block;
}

/** Forgets everything the last rule made. */
@global @unsafe @inline
export function __arenaReset(): void {
  arenaEnd = (__heap_base + 15) & ~15;
}

@global @unsafe
export function __alloc(size: usize): usize {
  return __arena((size + 15) & ~15);
}

@global @unsafe
export function __realloc(block: usize, size: usize): usize {
  const moved = __alloc(size);
  memory.copy(moved, block, size);
  return moved;
}

@global @unsafe
export function __free(block: usize): void {}

@global @unsafe
export function __reset(): void {
  __arenaReset();
}

@global @unsafe
export function __new(size: usize, id: u32): usize {
  if (size > (MEMORY_BYTES as usize)) unreachable();
  const header = __alloc(OBJECT_HEADER + size);
  const object = header + OBJECT_HEADER;
  store<u32>(object - 8, id);
  store<u32>(object - 4, size as u32);
  memory.fill(object, 0, size);
  return object;
}

@global @unsafe
export function __renew(old: usize, size: usize): usize {
  const oldSize = load<u32>(old - 4) as usize;
  if (size <= oldSize) {
    store<u32>(old - 4, size as u32);
    return old;
  }
  const object = __new(size, load<u32>(old - 8));
  memory.copy(object, old, oldSize);
  return object;
}

@global @unsafe
export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

@global @unsafe
export function __pin(object: usize): usize {
  return object;
}

@global @unsafe
export function __unpin(object: usize): void {}

@global @unsafe
function __visit(object: usize, cookie: u32): void {}

@global @unsafe
export function __collect(): void {}

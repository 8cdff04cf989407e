// The arena of debug builds, where the managed runtime owns the heap: one block of it, set back before every rule.

const DEBUG_ARENA_BYTES: usize = 0x20000; // half of what the heap has; a rule that needs more traps

@lazy let start: usize = heap.alloc(DEBUG_ARENA_BYTES);
@lazy let next: usize = 0;

/** A block of the running rule's arena, aligned to 8. */
@global @unsafe
export function __arena(size: usize): usize {
  const block = next;
  const end = (block + size + 7) & ~7;
  if (block < start || end > start + DEBUG_ARENA_BYTES || end < block) unreachable();
  next = end;
  return block;
}

/** Forgets everything the last rule made. */
@global @unsafe
export function __arenaReset(): void {
  next = start;
}

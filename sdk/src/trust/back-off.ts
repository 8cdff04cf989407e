/** What a timer can hold; beyond it, it would run at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * How long to wait before the next try: twice as long after each failure in a row, up to a cap, and somewhere in the upper
 * half of that, so that clients which lost one server together do not come back together.
 */
export function backOffMs(baseMs: number, capMs: number, failures: number, random = Math.random): number {
  const wholeMs = Math.min(baseMs * 2 ** failures, Math.max(baseMs, capMs), MAX_TIMER_MS);
  return wholeMs * (0.5 + random() / 2);
}

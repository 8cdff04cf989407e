export type SearchBudget = ReturnType<typeof createSearchBudget>;

/** About a tenth of a processor: where browsers are all wrong, as after a bad build of a page, shoppers are still quoted. */
export const LINES_PER_SECOND = 50_000;

/** How much all searches of this process together may compute. `stopwatch`: milliseconds that only go forward. */
export function createSearchBudget(stopwatch: () => number) {
  let left = LINES_PER_SECOND;
  let at = stopwatch();
  /** @returns whether a cart of so many lines may be computed, which is counted then */
  return (lines: number): boolean => {
    const now = stopwatch();
    left = Math.min(LINES_PER_SECOND, left + ((now - at) / 1_000) * LINES_PER_SECOND);
    at = now;
    if (lines > left) return false;
    left -= lines;
    return true;
  };
}

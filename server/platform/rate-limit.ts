import type { Clock } from "./clock.ts";

type Limit = {
  /** How many at once, after a quiet time. */
  burst: number;
  /** How long until there is room for one more. */
  everyMs: number;
  /** Keys that are remembered at most; the one that was quiet longest is forgotten. */
  maxKeys: number;
};

/** So many of each key, and then one per so many milliseconds (a token bucket, as the time at which it is full again). */
export function createRateLimit({ burst, everyMs, maxKeys }: Limit, clock: Clock) {
  const fullAt = new Map<string, number>();

  return {
    /** @returns how long to wait, in milliseconds; 0 where this one counts */
    take(key: string): number {
      const now = clock();
      const full = Math.max(now, fullAt.get(key) ?? now);
      const waitMs = full + everyMs - burst * everyMs - now;
      if (waitMs > 0) return waitMs;
      // Set anew, so that the map's order is that of the last use.
      fullAt.delete(key);
      fullAt.set(key, full + everyMs);
      if (fullAt.size > maxKeys) fullAt.delete(fullAt.keys().next().value!);
      return 0;
    },
  };
}

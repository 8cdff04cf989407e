import type { Strategy } from "./strategy.ts";

/**
 * Strategies that price nothing because an earlier one takes all of their skus, always: one without categories, channels,
 * tiers, stock and window. Not all that are shadowed are found (two together may shadow a third), and none that is not.
 */
export function findShadowed(strategies: readonly Strategy[]): { index: number; id: string; by: string }[] {
  const exact = new Map<string, string>();
  const prefixes = new Map<string, string>();
  const found: { index: number; id: string; by: string }[] = [];
  for (const [index, strategy] of strategies.entries()) {
    const { id, skus } = strategy;
    const takers = (skus ?? ["*"]).map(takerOf);
    const by = takers.find((taker) => taker !== undefined);
    if (by !== undefined && takers.every((taker) => taker !== undefined)) found.push({ index, id, by });
    if (!takesAlways(strategy)) continue;
    for (const pattern of skus ?? ["*"]) {
      const isPrefix = pattern.endsWith("*");
      const [map, text] = isPrefix ? [prefixes, pattern.slice(0, -1)] : [exact, pattern];
      if (!map.has(text)) map.set(text, id);
    }
  }
  return found;

  /** A prefix is taken whole by one that is no longer. */
  function takerOf(pattern: string): string | undefined {
    const text = pattern.endsWith("*") ? pattern.slice(0, -1) : pattern;
    const own = pattern.endsWith("*") ? undefined : exact.get(text);
    if (own !== undefined || prefixes.size === 0) return own;
    for (let length = 0; length <= text.length; length += 1) {
      const taker = prefixes.get(text.slice(0, length));
      if (taker !== undefined) return taker;
    }
    return undefined;
  }
}

function takesAlways({ categories, channels, tiers, stock, window }: Strategy): boolean {
  return [categories, channels, tiers, stock, window].every((field) => field === undefined);
}

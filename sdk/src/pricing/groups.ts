import type { MatchedSku, Matcher } from "./matcher.ts";

/** Skus that one strategy takes, with one set of parameters, by their places. */
export type Group = { strategy: number; variant: string | undefined; skus: number[] };

/** A few milliseconds each. */
const SKUS_AT_ONCE = 5_000;

/**
 * By strategy and variant; for a tier only where it is not what takes the sku for everybody. Stops between so many skus, as
 * whoever runs it can do something else then.
 */
export function* matchAll(
  matcher: Matcher,
  skus: readonly MatchedSku[],
  now: number,
  tier?: string,
  everybody?: readonly Group[],
): Generator<undefined, Group[]> {
  const groups: Group[] = [];
  const byStrategy = new Map<number, Group[]>();
  const places = everybody && placesOf(everybody, skus.length);
  let last: Group | undefined;
  for (let index = 0; index < skus.length; index++) {
    if (index % SKUS_AT_ONCE === 0) yield undefined;
    const match = matcher.find(skus[index]!, tier, now);
    if (match === undefined || places?.[index] === match.strategy) continue;
    const { strategy, variant } = match;
    // Skus of a strategy stand beside one another more often than not.
    if (last?.strategy !== strategy || last.variant !== variant) last = groupOf(strategy, variant);
    last.skus.push(index);
  }

  function groupOf(strategy: number, variant: string | undefined): Group {
    let known = byStrategy.get(strategy);
    if (known === undefined) {
      known = [];
      byStrategy.set(strategy, known);
    }
    const found = known.find((group) => group.variant === variant);
    if (found !== undefined) return found;
    const group: Group = { strategy, variant, skus: [] };
    known.push(group);
    groups.push(group);
    return group;
  }
  return groups;
}

function placesOf(groups: readonly Group[], length: number): Int32Array {
  const places = new Int32Array(length).fill(-1);
  for (const { strategy, skus } of groups) for (const sku of skus) places[sku] = strategy;
  return places;
}

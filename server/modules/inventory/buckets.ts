import type { Queryable } from "../../platform/database/database.ts";
import * as store from "./bucket-store.ts";
import type { Rule } from "./rations.ts";
import { spread } from "./spread.ts";

export type Buckets = ReturnType<typeof createBuckets>;

type Dependencies = {
  /** Which row of a split level this process takes from first; taken modulo the number of them. */
  own: number;
  stopwatch: () => number;
};

/** What had to be looked for in all rows is looked for there at once for so long: it will be so again. */
const ALL_FOR_MS = 250;

/**
 * Levels that are several rows while many processes want them at once: each takes from a row of its own, and from those of
 * others, all locked in their order, only where its own is short. So none waits for another one, and nothing is refused
 * while a piece is anywhere.
 */
export function createBuckets({ own, stopwatch }: Dependencies) {
  /** Skus by until when all rows are locked. */
  const allUntil = new Map<string, number>();

  return {
    own,
    /** The row to lock of each level, or undefined for all of them. */
    findOwn(skus: readonly string[], rules: readonly Rule[]): number | undefined {
      const split = new Set(rules.filter(({ isSplit }) => isSplit).map(({ sku }) => sku));
      if (split.size === 0 || !skus.some((sku) => split.has(sku))) return undefined;
      const now = stopwatch();
      return skus.some((sku) => (allUntil.get(sku) ?? 0) > now) ? undefined : own;
    },
    /** The own rows were not enough for these. */
    needAll(skus: readonly string[]): void {
      const now = stopwatch();
      for (const [sku, until] of allUntil) if (until <= now) allUntil.delete(sku);
      for (const sku of skus) allUntil.set(sku, now + ALL_FOR_MS);
    },
    /** Into so many rows each, those that are at one location: else which one gives something would depend on all of them. */
    async split(tx: Queryable, skus: readonly string[], buckets: number): Promise<void> {
      const rows = await store.lockBuckets(tx, skus);
      const bySku = Map.groupBy(rows, ({ sku }) => sku);
      const single = [...bySku.values()].flatMap((all) => (all.length === 1 ? all : []));
      const parts = single.flatMap(({ sku, location, onHand, reserved }) =>
        spread(onHand - reserved, buckets).map((available, bucket) => ({
          sku,
          location,
          bucket,
          onHand: available + (bucket === 0 ? reserved : 0),
        })),
      );
      await store.splitLevels(tx, parts, buckets);
    },
    /** Into one row again. */
    async merge(tx: Queryable, skus: readonly string[]): Promise<void> {
      await store.lockBuckets(tx, skus);
      await store.mergeLevels(tx, skus);
    },
  };
}

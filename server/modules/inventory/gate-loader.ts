import type { Queryable } from "../../platform/database/database.ts";
import type { StockLevel } from "./gate-scripts.ts";
import * as store from "./gate-store.ts";

type Dependencies = {
  database: Queryable;
  tell: (levels: readonly StockLevel[], tokens: readonly []) => void;
};

const MAX_SKUS = 1_000;
/** Whoever asks for what there never was is no reason to look again and again. */
const MAX_UNKNOWN = 10_000;

/** Reads for the gate what it knows nothing of. Meanwhile the database decides. */
export function createLoader({ database, tell }: Dependencies) {
  const wanted = new Set<string>();
  const unknown = new Set<string>();
  let isRunning = false;

  async function work(): Promise<void> {
    while (wanted.size > 0) {
      const skus = [...wanted].slice(0, MAX_SKUS);
      const found = await store.readAvailable(database, skus);
      const levels = found.map((level) => ({ ...level, revision: 0 }));
      const known = new Set(found.map(({ sku }) => sku));
      for (const sku of skus) {
        wanted.delete(sku);
        if (!known.has(sku) && unknown.size < MAX_UNKNOWN) unknown.add(sku);
      }
      tell(levels, []);
    }
  }

  return {
    load(skus: readonly string[]): void {
      for (const sku of skus) if (!unknown.has(sku) && wanted.size < MAX_SKUS) wanted.add(sku);
      if (isRunning || wanted.size === 0) return;
      isRunning = true;
      work()
        .catch(() => wanted.clear()) // asked for again by the next who wants it
        .finally(() => {
          isRunning = false;
        });
    },
    /** What was not there may be by now. */
    forget: (): void => unknown.clear(),
  };
}

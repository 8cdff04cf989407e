import type { Database } from "../../platform/database/database.ts";
import type { Attributes } from "./schema.ts";
import * as store from "./store.ts";

/** A variant as a cart needs it, with what it has of its product. Amounts are minor units of the currency asked for. */
export type Resolved = {
  sku: string;
  productId: string;
  name: string;
  categories: readonly string[];
  attributes: Attributes;
  taxClass?: string;
  weightGrams?: number;
  unitPrice: number;
  unitCost?: number;
  minUnitPrice?: number;
};

/** Hints of the database get lost; one small query. */
const POLL_MS = 2_000;
/** Skus times currencies, each some hundred bytes. Where more are asked for, those that came first are asked for again. */
const MAX_KEPT = 20_000;

export const TOPIC = "catalog";

/** Looks skus up for quotes, and keeps what it found as long as the catalog is the same. */
export function createResolver(database: Database) {
  const kept = new Map<string, Resolved>();
  /** Of what is kept. */
  let revision = 0;

  function learn(next: number): void {
    if (next <= revision) return;
    kept.clear();
    revision = next;
  }

  const look = async (): Promise<void> => learn(await store.findRevision(database));

  return {
    /**
     * What is sold under these skus in a currency; others are not in the map. One statement for those that are not kept.
     * A price that was changed by another process holds for as long as its hint takes, two seconds where it is lost.
     */
    async resolve(skus: readonly string[], currency: string): Promise<Map<string, Resolved>> {
      const found = new Map<string, Resolved>();
      const missing: string[] = [];
      for (const sku of new Set(skus)) {
        const known = kept.get(keyOf(sku, currency));
        if (known === undefined) missing.push(sku);
        else found.set(sku, known);
      }
      if (missing.length === 0) return found;
      const before = revision;
      const answer = await store.resolve(database, missing, currency);
      learn(answer.revision);
      // All of one moment: what was kept before a change does not go with what came after it.
      if (answer.revision > before && found.size > 0) {
        const all = await store.resolve(database, [...new Set(skus)], currency);
        learn(all.revision);
        return keep(all, currency, new Map());
      }
      return keep(answer, currency, found);
    },
    /** Asks again from now on when the catalog changed. Returns what ends it. */
    watch(): () => void {
      const unlisten = database.listen(TOPIC, () => void look().catch(() => {}));
      const poll = setInterval(() => void look().catch(() => {}), POLL_MS).unref();
      return () => {
        clearInterval(poll);
        unlisten();
      };
    },
    /** Of this process, at once. */
    learn,
  };

  function keep(
    answer: Awaited<ReturnType<typeof store.resolve>>,
    currency: string,
    found: Map<string, Resolved>,
  ): Map<string, Resolved> {
    for (const row of answer.rows) {
      const resolved = toResolved(row);
      found.set(row.sku, resolved);
      // An answer that was overtaken on its way is good for whoever asked, and for nobody after.
      if (answer.revision === revision) kept.set(keyOf(row.sku, currency), resolved);
    }
    for (const key of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(key);
    }
    return found;
  }
}

const keyOf = (sku: string, currency: string): string => `${currency}${sku}`;

function toResolved(row: store.ResolvedRow): Resolved {
  const { taxClass, weightGrams, unitCost, minUnitPrice } = row;
  return {
    sku: row.sku,
    productId: row.productId,
    name: row.name,
    categories: row.categories,
    attributes: row.attributes,
    ...(taxClass !== null && { taxClass }),
    ...(weightGrams !== null && { weightGrams }),
    unitPrice: row.unitPrice,
    ...(unitCost !== null && { unitCost }),
    ...(minUnitPrice !== null && { minUnitPrice }),
  };
}

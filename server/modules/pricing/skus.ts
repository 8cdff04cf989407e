import { refuse } from "@haggle/abi";
import type { PricedSku } from "@haggle/sdk/pricing";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import type { SkuFields, SkuView } from "./schema.ts";
import * as store from "./sku-store.ts";

export type Skus = ReturnType<typeof createSkus>;

/** All skus, in the order of their names. */
export type Facts = { revision: number; currency: string | undefined; skus: readonly PricedSku[] };

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** Of what changed of skus. */
const TOPIC = "skus";
/** Rows in one statement: its parameter is one JSON text. */
const AT_ONCE = 5_000;
/** One audit record and one event name so many; the rest is a number. */
const MAX_NAMED = 20;

/** What a shop sells, as prices need it. All skus of a tenant are in one currency. */
export function createSkus({ database, audit, outbox, clock }: Dependencies) {
  let known = new Map<string, PricedSku>();
  let facts: Facts | undefined;
  let loading: Promise<Facts> | undefined;
  /** Never another one, once there is one. */
  let currency: string | undefined;

  /** All rows or none. @throws HaggleError SKU_CURRENCY, CATALOG_OWNS_SKU */
  async function put(rows: readonly SkuFields[], by: By): Promise<{ skus: number; revision: number }> {
    const [first] = rows;
    const revision = await database.transaction(async (tx) => {
      const currency = first?.currency ?? null;
      const head = await store.countChange(tx, { isDeletion: false, currency });
      const other = rows.findIndex((row) => row.currency !== head.currency);
      if (other >= 0) throw refuse("SKU_CURRENCY", `rows[${other}].currency`, rows[other]!.currency);
      const owned = await store.findFromCatalog(
        tx,
        rows.map(({ sku }) => sku),
      );
      if (owned !== undefined) {
        throw refuse("CATALOG_OWNS_SKU", `rows[${rows.findIndex(({ sku }) => sku === owned)}].sku`, owned);
      }
      const now = clock();
      for (let start = 0; start < rows.length; start += AT_ONCE) {
        const some = rows.slice(start, start + AT_ONCE).map((row) => toRow(row, now));
        await store.putSkus(tx, some, head.revision);
      }
      await tell(tx, by, "skus.put", { revision: head.revision, ...named(rows.map(({ sku }) => sku)) });
      return head.revision;
    });
    return { skus: rows.length, revision };
  }

  /** @throws HaggleError SKU_UNKNOWN */
  async function setStock(sku: string, stock: number | null, by: By): Promise<SkuView> {
    return database.transaction(async (tx) => {
      const { revision } = await store.countChange(tx, { isDeletion: false, currency: null });
      const row = await store.setStock(tx, { sku, stock, revision, now: clock() });
      if (row === undefined) throw refuse("SKU_UNKNOWN", "sku", sku);
      await tell(tx, by, "skus.stock", { revision, sku, stock });
      return toView(row);
    });
  }

  /** @throws HaggleError SKU_UNKNOWN, CATALOG_OWNS_SKU */
  async function remove(sku: string, by: By): Promise<void> {
    await database.transaction(async (tx) => {
      const { revision } = await store.countChange(tx, { isDeletion: true, currency: null });
      if ((await store.findFromCatalog(tx, [sku])) !== undefined)
        throw refuse("CATALOG_OWNS_SKU", "sku", sku);
      if (!(await store.deleteSku(tx, sku))) throw refuse("SKU_UNKNOWN", "sku", sku);
      await tell(tx, by, "skus.deleted", { revision, sku });
    });
  }

  /**
   * Sells what the catalog says of these skus, and no more what it has no price of, in the transaction of the catalog's own
   * change. In a shop without a currency yet prices are in that of the first sku from now on.
   */
  async function follow(tx: Queryable, pages: AsyncIterable<readonly string[]>, by: By): Promise<void> {
    const before = await store.lockSkuHead(tx);
    const head = { ...before, revision: before.revision + 1 };
    const [put, deleted]: [string[], string[]] = [[], []];
    for await (const skus of pages) {
      head.currency ??= (await store.findCatalogCurrency(tx, skus)) ?? null;
      const { currency, revision } = head;
      if (currency === null) continue;
      const changed = await store.followCatalog(tx, { skus, currency, revision, now: clock() });
      put.push(...changed.put);
      deleted.push(...changed.deleted);
    }
    if (put.length + deleted.length === 0) return;
    if (deleted.length > 0) head.deletedRevision = head.revision;
    await store.updateSkuHead(tx, head);
    const { revision } = head;
    if (put.length > 0) await tell(tx, by, "skus.put", { revision, ...named(put) });
    if (deleted.length > 0) await tell(tx, by, "skus.deleted", { revision, ...named(deleted) });
  }

  async function tell(tx: Queryable, { actor, requestId }: By, action: string, data: object): Promise<void> {
    await notify(tx, TOPIC, database.tenant);
    await outbox.emit(tx, { type: action, subject: "skus", data });
    await audit.record(tx, { actor, action, object: "skus", after: data, requestId });
  }

  /** All skus as the database has them: what changed since is read, and everything where something was deleted. */
  function load(): Promise<Facts> {
    loading ??= read().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function read(): Promise<Facts> {
    const head = await store.findSkuHead(database);
    const revision = head?.revision ?? 0;
    if (facts !== undefined && facts.revision === revision) return facts;
    const since = facts === undefined || (head?.deletedRevision ?? 0) > facts.revision ? -1 : facts.revision;
    // What is committed between the two statements is read twice.
    const rows = await store.listChangedSkus(database, since);
    const next = new Map(since < 0 ? [] : known);
    for (const row of rows) next.set(row.sku, toPriced(row));
    known = next;
    const skus = [...next.values()].sort((a, b) => (a.sku < b.sku ? -1 : 1));
    facts = { revision, currency: head?.currency ?? undefined, skus };
    return facts;
  }

  return {
    put,
    follow,
    setStock,
    remove,
    load,
    /** @throws HaggleError SKU_UNKNOWN */
    async get(sku: string): Promise<SkuView> {
      const row = await store.findSku(database, sku);
      if (row === undefined) throw refuse("SKU_UNKNOWN", "sku", sku);
      return toView(row);
    },
    async list(after: string, limit: number): Promise<SkuView[]> {
      return (await store.listSkus(database, { after, limit })).map(toView);
    },
    /** That of all skus, and so of all prices of strategies; undefined where there are none. */
    async findCurrency(): Promise<string | undefined> {
      currency ??= (await store.findSkuHead(database))?.currency ?? undefined;
      return currency;
    },
    watch: (listener: () => void): (() => void) => database.listen(TOPIC, listener),
  };
}

function named(skus: readonly string[]): object {
  return { count: skus.length, skus: skus.slice(0, MAX_NAMED) };
}

function toRow(row: SkuFields, now: number): store.SkuRow {
  return {
    sku: row.sku,
    productId: row.productId ?? row.sku,
    name: row.name ?? "",
    categories: row.categories ?? [],
    currency: row.currency,
    listPrice: row.listPrice,
    unitCost: row.unitCost ?? null,
    minUnitPrice: row.minUnitPrice ?? null,
    stock: row.stock ?? null,
    attributes: row.attributes ?? {},
    updatedAt: now,
  };
}

function toView({ unitCost, minUnitPrice, stock, ...row }: store.SkuRow): SkuView {
  return {
    ...row,
    ...(unitCost !== null && { unitCost }),
    ...(minUnitPrice !== null && { minUnitPrice }),
    ...(stock !== null && { stock }),
  };
}

function toPriced({ sku, productId, categories, listPrice, ...row }: store.SkuRow): PricedSku {
  return {
    sku,
    productId,
    categories,
    listPrice,
    unitCost: row.unitCost ?? undefined,
    minUnitPrice: row.minUnitPrice ?? undefined,
    stock: row.stock ?? undefined,
    attributes: row.attributes,
  };
}

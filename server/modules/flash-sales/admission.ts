import { randomBytes } from "node:crypto";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Inventory } from "../inventory/service.ts";
import * as queue from "./queue-store.ts";
import { listCurrent, lockSale, type SaleQueue } from "./store.ts";
import { rationOf } from "./tokens.ts";

type Dependencies = {
  database: Database;
  inventory: Pick<Inventory, "rations" | "buckets">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

const SEED_BYTES = 16;
/** In one transaction: whoever comes meanwhile waits for it. */
const DRAWN_AT_ONCE = 20_000;
/** What nobody used of the rate: who comes after a lull meets no more than this of it at once. */
const BURST_MS = 1_000;
/** Processes' clocks differ by less. What is farther ahead was written by one that was wrong, and nobody waits until then. */
const MAX_AHEAD_MS = 10_000;

/** Begins sales, lets in who waits, and ends them: any process may, and what is due is done once. */
export function createAdmission({ database, inventory, outbox, clock }: Dependencies) {
  async function advance(tx: Queryable, id: string): Promise<void> {
    const now = clock();
    const found = await lockSale(tx, id);
    if (found === undefined || found.endedAt !== null || now < found.from) return;
    const begun = found.begunAt === null ? await begin(tx, found, now) : found;
    const next = now >= begun.until ? await end(tx, begun, now) : await letIn(tx, begun, now);
    if (next !== found) await queue.updateQueue(tx, id, next);
  }

  /** At once, or where many wait for the lot by some of them each time: the first ones go in while it is drawn. */
  async function begin(tx: Queryable, sale: SaleQueue, now: number): Promise<SaleQueue> {
    const { id, skus, buckets, early, joined, from, perSecond } = sale;
    const isFirst = sale.creditedAt === 0;
    if (isFirst && buckets > 1) await inventory.buckets.split(tx, skus, buckets);
    // The first one is let in at once.
    const creditedAt = isFirst ? from - (perSecond === null ? 0 : 1000 / perSecond) : sale.creditedAt;
    const seed = early === "lot" ? (sale.seed ?? randomBytes(SEED_BYTES).toString("hex")) : null;
    const tail = seed === null ? sale.tail : await draw(tx, sale, seed);
    const next = { ...sale, seed, creditedAt, tail };
    if (tail - sale.tail === DRAWN_AT_ONCE) return next;
    const data = { sale: id, joined, ...(seed !== null && { seed }) };
    await outbox.emit(tx, { type: "flash_sale.begun", subject: id, data });
    return { ...next, begunAt: now };
  }

  /** @returns the last place that was given */
  async function draw(tx: Queryable, { id, tail }: SaleQueue, seed: string): Promise<number> {
    const last = await queue.drawLot(tx, { sale: id, seed, after: tail, limit: DRAWN_AT_ONCE });
    return last ?? tail;
  }

  async function end(tx: Queryable, sale: SaleQueue, now: number): Promise<SaleQueue> {
    const { id, skus, buckets, joined, head } = sale;
    if (buckets > 1) await inventory.buckets.merge(tx, skus);
    const data = { sale: id, joined, admitted: head };
    await outbox.emit(tx, { type: "flash_sale.ended", subject: id, data });
    return { ...sale, endedAt: now };
  }

  async function letIn(tx: Queryable, sale: SaleQueue, now: number): Promise<SaleQueue> {
    const { id, head, tail, perSecond } = sale;
    if (head === tail) return sale;
    if (perSecond !== null && sale.creditedAt > now + MAX_AHEAD_MS) return { ...sale, creditedAt: now };
    const since = Math.max(sale.creditedAt, now - burstOf(sale));
    const limit =
      perSecond === null ? await countFree(tx, sale, now) : Math.floor(((now - since) * perSecond) / 1000);
    if (limit <= 0) return sale;
    const { count, last } = await queue.admit(tx, id, { head, limit, now });
    // Fewer than there was room for: all others have left.
    if (count < limit) return { ...sale, head: tail, creditedAt: now };
    return {
      ...sale,
      head: last!,
      creditedAt: perSecond === null ? now : since + (count * 1000) / perSecond,
    };
  }

  /** Room for how many more. Who has all that he may have makes room, and so does whoever left, or is over. */
  async function countFree(tx: Queryable, { id, atOnce, turnMs, perCustomer }: SaleQueue, now: number) {
    const inside = await queue.listInside(tx, id, now - turnMs);
    const full = await inventory.rations.countFull(tx, {
      ration: rationOf(id),
      units: inside,
      pieces: perCustomer,
    });
    return atOnce! - (inside.length - full);
  }

  return {
    /**
     * Does what is due now.
     *
     * @param aheadMs how far to look ahead
     * @returns whether a sale runs, or begins within that
     */
    async tick(aheadMs = 0): Promise<boolean> {
      const now = clock();
      const current = await listCurrent(database, now + aheadMs);
      for (const sale of current.filter((each) => isDue(each, now))) {
        await database.transaction((tx) => advance(tx, sale.id));
      }
      return current.length > 0;
    },
  };
}

/** Not below the time of one shopper: else nobody would ever be let in. */
function burstOf({ perSecond }: SaleQueue): number {
  return perSecond === null ? 0 : Math.max(BURST_MS, 1000 / perSecond);
}

/** As far as can be seen without the lock. */
function isDue({ from, until, begunAt, head, tail }: SaleQueue, now: number): boolean {
  return now >= from && (begunAt === null || now >= until || head < tail);
}

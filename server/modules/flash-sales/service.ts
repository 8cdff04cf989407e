import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type Database, Overtaken, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { type Condition, checkCondition } from "../../platform/revision.ts";
import type { Actor } from "../../platform/scope.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Audit } from "../audit/service.ts";
import type { Inventory } from "../inventory/service.ts";
import { createAdmission } from "./admission.ts";
import { createQueue } from "./queue.ts";
import { deletePlaces, deletePlacesOf } from "./queue-store.ts";
import type { SaleBody, SaleView } from "./schema.ts";
import { hasEnded } from "./standing.ts";
import * as store from "./store.ts";
import { type FlashSaleTokens, rationOf } from "./tokens.ts";

export type FlashSales = ReturnType<typeof createFlashSales>;

type By = { actor: Actor; requestId?: string | undefined };

type Dependencies = {
  database: Database;
  tokens: FlashSaleTokens;
  inventory: Pick<Inventory, "rations" | "buckets">;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
  stopwatch: () => number;
  log: Logger;
};

const DEFAULT_TURN_MS = 5 * 60_000;
const MAX_WINDOW_MS = 30 * 24 * 60 * 60 * 1000;
const LISTED = 200;
/** Who is let in waits for it no longer than this. */
const TICK_MS = 100;
/** Where no sale runs, it is looked for this often. */
const IDLE_MS = 1_000;
/** Who waited for what, and how many he had of it. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const SWEEP_EVERY_MS = 60_000;
const SWEPT_AT_ONCE = 1_000;

/** Sales of few pieces to many: who waits, whose turn it is, and how much each may have. */
export function createFlashSales(dependencies: Dependencies) {
  const { database, tokens, inventory, audit, outbox, clock, stopwatch, log } = dependencies;
  const admission = createAdmission({ database, inventory, outbox, clock });

  /** @throws HaggleError FLASH_SALE_UNKNOWN */
  async function lock(tx: Queryable, id: string, condition: Condition): Promise<store.SaleQueue> {
    const before = await store.lockSale(tx, id);
    checkCondition(before, condition);
    if (before === undefined) throw refuse("FLASH_SALE_UNKNOWN", "id", id);
    return before;
  }

  /** Held by the caller, or new. What is said of its skus counts from the commit on, whichever process is asked. */
  async function write(
    tx: Queryable,
    before: store.SaleQueue | undefined,
    body: Required<SaleBody> & { id: string },
    { action, by }: { action: string; by: By },
  ): Promise<SaleView> {
    const { admission: admits, ...fields } = body;
    const { id, skus, from, until, perCustomer: limit, buckets } = fields;
    const { perSecond = null, atOnce = null } = { ...admits } as { perSecond?: number; atOnce?: number };
    const sale = { ...fields, perSecond, atOnce, updatedAt: clock() };
    if (before !== undefined) await store.updateSale(tx, sale);
    else if (!(await store.insertSale(tx, sale))) throw new Overtaken("a flash sale was made meanwhile");
    await inventory.rations.put(tx, { ration: rationOf(id), skus, from, until, limit, isSplit: buckets > 1 });
    const after = toView((await store.findSale(tx, id))!, clock());
    const data = { sale: id, revision: after.revision, from, until };
    await outbox.emit(tx, { type: "flash_sale.put", subject: id, data });
    await audit.record(tx, {
      ...by,
      action,
      object: `flash_sale:${id}`,
      ...(before !== undefined && { before: toTold(toView(before, clock())) }),
      after: toTold(after),
    });
    return after;
  }

  /** Of sales that are long over. @returns whether there may be more */
  async function sweep(): Promise<boolean> {
    const endedBefore = clock() - KEPT_MS;
    const places = await deletePlaces(database, { endedBefore, limit: SWEPT_AT_ONCE });
    const uses = await inventory.rations.sweep({ endedBefore, limit: SWEPT_AT_ONCE });
    return places === SWEPT_AT_ONCE || uses === SWEPT_AT_ONCE;
  }

  return {
    queue: createQueue({ database, tokens, clock, stopwatch }),
    tick: admission.tick,
    sweep,
    /** The newest ones. */
    async list(): Promise<SaleView[]> {
      return (await store.listSales(database, LISTED)).map((sale) => toView(sale, clock()));
    },
    /** @throws HaggleError FLASH_SALE_UNKNOWN */
    async get(id: string): Promise<SaleView> {
      const sale = await store.findSale(database, id);
      if (sale === undefined) throw refuse("FLASH_SALE_UNKNOWN", "id", id);
      return toView(sale, clock());
    },
    /**
     * While it runs, its end, its admission and its turns may change, and nothing else.
     *
     * @throws HaggleError FLASH_SALE_BAD_TIME, FLASH_SALE_OVERLAP, FLASH_SALE_STATE, SERVER_CHANGED
     */
    async put(id: string, body: SaleBody, condition: Condition, by: By): Promise<SaleView> {
      const { buckets = 1, early = "order", turnMs = DEFAULT_TURN_MS } = body;
      const whole = { ...body, id, buckets, early, turnMs };
      return database.transaction(async (tx) => {
        const before = await store.lockSale(tx, id);
        checkCondition(before, condition);
        const now = clock();
        checkTimes(body, now);
        if (before !== undefined) checkChange(before, whole, now);
        return write(tx, before, whole, { action: "flash_sale.put", by });
      });
    },
    /** Sells by its rules no more, from now on. @throws HaggleError FLASH_SALE_UNKNOWN, FLASH_SALE_STATE, SERVER_CHANGED */
    async end(id: string, condition: Condition, by: By): Promise<SaleView> {
      return database.transaction(async (tx) => {
        const before = await lock(tx, id, condition);
        const now = clock();
        const { state, ...view } = toView(before, now);
        if (state !== "running") throw refuse("FLASH_SALE_STATE", "state", state);
        const { skus, from, perCustomer, admission: admits, buckets, early, turnMs } = view;
        const ended = { id, skus, from, until: now, perCustomer, admission: admits, buckets, early, turnMs };
        return write(tx, before, ended, { action: "flash_sale.end", by });
      });
    },
    /** Before it begins. @throws HaggleError FLASH_SALE_UNKNOWN, FLASH_SALE_STATE, SERVER_CHANGED */
    async remove(id: string, condition: Condition, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const before = await lock(tx, id, condition);
        const { state, ...view } = toView(before, clock());
        if (state !== "scheduled") throw refuse("FLASH_SALE_STATE", "state", state);
        await store.deleteSale(tx, id);
        await inventory.rations.remove(tx, rationOf(id));
        await outbox.emit(tx, { type: "flash_sale.deleted", subject: id, data: { sale: id } });
        await audit.record(tx, {
          ...by,
          action: "flash_sale.deleted",
          object: `flash_sale:${id}`,
          before: toTold({ state, ...view }),
        });
      });
    },
    /** Where somebody who is erased waits, and what was counted for him. */
    async forget(tx: Queryable, unit: string): Promise<void> {
      await Promise.all([deletePlacesOf(tx, unit), inventory.rations.forget(tx, unit)]);
    },
    /** Begins sales, lets in and ends them, from now on. Returns what ends that. */
    watch(): () => Promise<void> {
      let nextAt = 0;
      let nextSweepAt = stopwatch() + SWEEP_EVERY_MS;
      const work = async () => {
        const at = stopwatch();
        if (at >= nextSweepAt && !(await sweep())) nextSweepAt = at + SWEEP_EVERY_MS;
        if (at >= nextAt) nextAt = (await admission.tick(IDLE_MS)) ? 0 : at + IDLE_MS;
        return false;
      };
      return startWorker({ name: "flash-sales", work, everyMs: TICK_MS, log }).stop;
    },
  };
}

function checkTimes({ from, until }: SaleBody, now: number): void {
  const isWindow = until > from && until - from <= MAX_WINDOW_MS;
  if (!isWindow || until <= now) throw refuse("FLASH_SALE_BAD_TIME", "until", until);
}

/** What shoppers were told, and what was counted for them, stays as it is once the sale runs. */
function checkChange(before: store.SaleQueue, body: Required<SaleBody>, now: number): void {
  const { state, ...view } = toView(before, now);
  if (state === "scheduled") {
    // They have places, or wait for the lot: nobody has both.
    if (before.joined > 0 && before.early !== body.early) throw refuse("FLASH_SALE_STATE", "early", state);
    return;
  }
  if (state === "ended") throw refuse("FLASH_SALE_STATE", "state", state);
  for (const field of ["skus", "from", "perCustomer", "buckets", "early"] as const) {
    if (JSON.stringify(view[field]) !== JSON.stringify(body[field]))
      throw refuse("FLASH_SALE_STATE", field, state);
  }
}

function toView(row: store.SaleQueue, now: number): SaleView {
  const {
    joined,
    tail,
    head,
    creditedAt: _,
    seed,
    begunAt: __,
    endedAt: ___,
    perSecond,
    atOnce,
    ...sale
  } = row;
  // Nobody knows the seed before all are drawn: whoever did could come with the name that goes first.
  const waiting = row.early === "lot" && row.begunAt === null ? joined - head : tail - head;
  return {
    ...sale,
    admission: perSecond === null ? { atOnce: atOnce! } : { perSecond },
    state: now < row.from ? "scheduled" : hasEnded(row, now) ? "ended" : "running",
    queue: { joined, admitted: head, waiting, ...(seed !== null && row.begunAt !== null && { seed }) },
  };
}

/** For the audit log: what was said, without what changes by itself. */
function toTold({ queue: _, ...told }: SaleView): object {
  return told;
}

import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { sweepAnswers } from "../../platform/idempotency.ts";
import { startWorker, type Worker } from "../../platform/worker.ts";
import type { Customers } from "../customers/service.ts";
import type { Inventory } from "../inventory/service.ts";
import type { Quotes } from "../quotes/service.ts";
import { createFollow, type FollowDependencies } from "./follow.ts";
import type { LedgerEntry } from "./ledger.ts";
import { type By, createMoves, type MoveDependencies } from "./moves.ts";
import { createPlace, type PlaceDependencies } from "./place.ts";
import { createRevive } from "./revive.ts";
import type { LedgerView, OrderView } from "./schema.ts";
import * as store from "./store.ts";
import { toState } from "./view.ts";

export type { LedgerEntry, OrderLine } from "./ledger.ts";
export { type OrderState, statesBefore } from "./states.ts";
export type { OrderRow } from "./store.ts";

export type Orders = ReturnType<typeof createOrders>;

type Dependencies = Omit<MoveDependencies, "reservations" | "uncount" | "budgets" | "outbox"> &
  Omit<PlaceDependencies, "reservations" | "claim" | "quotes" | "outbox"> &
  Omit<FollowDependencies, "moves"> & {
    database: Database;
    inventory: Inventory;
    budgets: MoveDependencies["budgets"] & { claim: PlaceDependencies["claim"] };
    customers: Pick<Customers, "count" | "uncount">;
    quotes: Pick<Quotes, "prepare" | "takeAll" | "get">;
    outbox: MoveDependencies["outbox"] & PlaceDependencies["outbox"];
    log: Logger;
  };

const EXPIRE_EVERY_MS = 1_000;
const SETTLE_EVERY_MS = 500;
const SWEEP_EVERY_MS = 60_000;
const SWEPT_AT_ONCE = 500;

/** What was bought, from the moment in which its goods are promised. */
export function createOrders(dependencies: Dependencies) {
  const { database, inventory, budgets, customers, clock, log } = dependencies;
  const { reservations } = inventory;
  const moves = createMoves({ ...dependencies, reservations, uncount: customers.uncount });
  const { expire, settle } = createFollow({ ...dependencies, moves });
  const { hold, move, pay, refunded, cancel } = moves;
  let settler: Worker | undefined;

  async function find(id: string): Promise<store.OrderRow> {
    const row = await store.findOrder(database, id);
    if (row === undefined) throw refuse("ORDER_UNKNOWN", "id", id);
    return row;
  }

  async function get(id: string): Promise<OrderView> {
    const [row, history] = await Promise.all([find(id), store.listHistory(database, id)]);
    return {
      order: toView(row),
      lines: row.lines,
      history: history.map(({ from, ...step }) => ({ ...(from !== null && { from }), ...step })),
    };
  }

  return {
    place: createPlace({ ...dependencies, reservations, claim: budgets.claim }),
    // In the transactions of those who do it.
    hold,
    move,
    pay,
    refunded,
    cancel,
    /**
     * Of one that has expired and has its money: holds its stock anew and makes it paid.
     *
     * @returns whether that could be done; where not, its money goes back
     * @throws HaggleError ORDER_UNKNOWN, and what `reserve` throws that is nobody's fault
     */
    revive: createRevive({ ...dependencies, moves, reservations }),
    find,
    /** @throws HaggleError ORDER_UNKNOWN */
    get,
    /** The newest first. */
    async list(page: store.Page) {
      return (await store.listOrders(database, page)).map(toView);
    },
    /** As others need it. @throws HaggleError ORDER_UNKNOWN */
    listLedger: (id: string, db: Queryable = database): Promise<LedgerEntry[]> => store.listLedger(db, id),
    /** @throws HaggleError ORDER_UNKNOWN */
    async getLedger(id: string): Promise<LedgerView> {
      const [{ currency, total }, entries] = await Promise.all([find(id), store.listLedger(database, id)]);
      const told = entries.map(({ promotion, reason, ...entry }) => ({
        ...entry,
        ...(promotion !== null && { promotion }),
        ...(reason !== null && { reason }),
      }));
      return { order: id, currency, total, entries: told };
    },
    /** Of a customer who is erased: what he paid stays, and nobody knows any more that it was he. */
    forget: (tx: Queryable, customer: string): Promise<void> => store.forgetCustomer(tx, customer),
    expire,
    settle,
    /** Something was committed whose stock is to follow. */
    wake(): void {
      settler?.wake();
    },
    /** Cancels it by itself. @throws HaggleError what `cancel` throws */
    async cancelAlone(id: string, by: By): Promise<OrderView> {
      await database.transaction((tx) => cancel(tx, id, by));
      settler?.wake();
      return get(id);
    },
    /** Looks for what is due, from now on. Returns what ends it. */
    watch(): () => Promise<void> {
      settler = startWorker({ name: "stock of orders", work: settle, everyMs: SETTLE_EVERY_MS, log });
      const sweep = async () => (await sweepAnswers(database, clock(), SWEPT_AT_ONCE)) === SWEPT_AT_ONCE;
      const workers = [
        settler,
        startWorker({ name: "orders", work: expire, everyMs: EXPIRE_EVERY_MS, log }),
        startWorker({ name: "answers of orders", work: sweep, everyMs: SWEEP_EVERY_MS, log }),
      ];
      return async () => {
        await Promise.all(workers.map((worker) => worker.stop()));
      };
    },
  };
}

function toView(row: store.OrderRow): OrderView["order"] {
  return { ...toState(row), ...(row.customer !== null && { customer: row.customer }) };
}

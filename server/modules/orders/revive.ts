import { HaggleError, refuse } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Customers } from "../customers/service.ts";
import type { Inventory } from "../inventory/service.ts";
import type { Quotes } from "../quotes/service.ts";
import { type By, isSecured, type Moves, PAID_HELD_MS } from "./moves.ts";
import * as store from "./store.ts";

type Dependencies = {
  database: Database;
  moves: Pick<Moves, "hold" | "moveHeld">;
  reservations: Pick<Inventory["reservations"], "reserve" | "keep" | "giveBack">;
  quotes: Pick<Quotes, "get">;
  customers: Pick<Customers, "count">;
  clock: Clock;
};

const HELD_MS = 60_000;
const DEADLINE_MS = 5_000;
/** Reasons why its goods are not to be had any more. */
const REFUSALS: readonly string[] = [
  "INVENTORY_SHORT",
  "INVENTORY_STATE",
  "INVENTORY_ATTEMPT",
  "INVENTORY_EXPIRED",
  "INVENTORY_TOO_MANY",
  "FLASH_SALE_TOKEN_NEEDED",
  "FLASH_SALE_LIMIT",
];

/** Orders whose money came when they had expired. */
export function createRevive({ database, moves, reservations, quotes, customers, clock }: Dependencies) {
  /**
   * What went back to coupons and budgets may have been given to others, and a price with them is not promised again. What nobody
   * knows any more is not either.
   */
  async function isRevivable({ quote }: store.OrderRow): Promise<boolean> {
    try {
      const { claims, coupons } = (await quotes.get(quote)).decision as DecisionJson;
      return claims.length === 0 && coupons.length === 0;
    } catch (cause) {
      if (cause instanceof HaggleError && cause.code === "QUOTE_UNKNOWN") return false;
      throw cause;
    }
  }

  async function reserve({ id: order, lines, attempt }: store.OrderRow) {
    try {
      const request = { order, attempt: attempt + 1, lines, ttlMs: HELD_MS };
      return (await reservations.reserve(request, { deadlineMs: DEADLINE_MS })).reservation;
    } catch (cause) {
      if (cause instanceof HaggleError && REFUSALS.includes(cause.code)) return undefined;
      throw cause;
    }
  }

  /**
   * @param isKept whether its money is still the order's to keep, asked while the order is held
   * @returns whether it is paid now
   */
  return async (
    order: string,
    by: By,
    isKept: (tx: Queryable) => Promise<boolean> = async () => true,
  ): Promise<boolean> => {
    const found = await store.findOrder(database, order);
    if (found === undefined) throw refuse("ORDER_UNKNOWN", "order", order);
    if (found.state !== "expired" || !isSecured(found)) return found.state === "paid";
    if (!(await isRevivable(found))) return false;
    const reserved = await reserve(found);
    if (reserved === undefined) return false;
    const { attempt, claim } = reserved;
    const isPaid = await database.transaction(async (tx) => {
      const row = await moves.hold(tx, order);
      if (row.state !== "expired" || !isSecured(row)) return row.state === "paid";
      if (!(await isKept(tx))) return false;
      if (!(await reservations.keep(tx, { order, attempt, until: clock() + PAID_HELD_MS }))) return false;
      await Promise.all([
        store.setAttempt(tx, order, attempt),
        moves.moveHeld(tx, row, "paid", by),
        row.customer !== null && customers.count(tx, row.customer, { orders: 1 }),
      ]);
      return true;
    });
    // Where this fails it ends by itself within a minute.
    if (!isPaid && claim !== null) await reservations.giveBack({ order, attempt, claim });
    return isPaid;
  };
}

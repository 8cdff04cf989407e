import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Inventory } from "../inventory/service.ts";
import { type OrderState, TRANSITIONS } from "./states.ts";
import * as store from "./store.ts";

export type Moves = ReturnType<typeof createMoves>;

/** What becomes of an order's money when it ends. Payments do it, in the same transaction. */
export type Money = {
  /** All that was taken goes back, and nothing more is taken. */
  giveBack: (tx: Queryable, ended: { order: string; cause: string }) => Promise<void>;
};

/** What an order took of coupons and budgets. */
export type Budgets = {
  giveBack: (tx: Queryable, back: { order: string; shares: "all" }) => Promise<void>;
};

export type MoveDependencies = {
  outbox: Pick<Outbox, "emit">;
  reservations: Pick<Inventory["reservations"], "keep">;
  budgets: Budgets;
  money: Money;
  /** Of a customer: no order of his after all. */
  uncount: (tx: Queryable, customer: string, steps: Readonly<Record<string, number>>) => Promise<void>;
  clock: Clock;
};

export type By = {
  /** Why, for the history: at most 200 characters. */
  cause: string;
  /** The id of whoever does it. */
  actor: string;
};

/** What a payment came to: all are added to what the order has, and `authorised` may be less than 0 where it was captured. */
export type Paid = By & { order: string; authorised: number; captured: number };

/** What others are told of it. */
const EVENTS: Partial<Record<OrderState, string>> = {
  paid: "order.paid",
  cancelled: "order.cancelled",
  expired: "order.expired",
  shipped: "order.shipped",
  completed: "order.completed",
  returned_in_part: "order.returned",
  returned: "order.returned",
};
/** What is paid is held until it is confirmed, which follows within moments. */
export const PAID_HELD_MS = 365 * 86_400_000;

type Amounts = Pick<store.OrderRow, "authorised" | "captured" | "refunded" | "total">;

/** What it costs is taken, or promised. */
export function isSecured(row: Amounts): boolean {
  return securedOf(row) >= row.total;
}

function securedOf({ authorised, captured, refunded }: Omit<Amounts, "total">): number {
  return authorised + captured - refunded;
}

/** What becomes of orders, each step in the transaction of what it is for. */
export function createMoves({ outbox, reservations, budgets, money, uncount, clock }: MoveDependencies) {
  /** @throws HaggleError ORDER_UNKNOWN */
  async function hold(tx: Queryable, id: string): Promise<store.OrderRow> {
    const row = await store.lockOrder(tx, id);
    if (row === undefined) throw refuse("ORDER_UNKNOWN", "order", id);
    return row;
  }

  /** Of one that is held. @throws HaggleError ORDER_STATE */
  async function moveHeld(
    tx: Queryable,
    { id, state, currency, total }: store.OrderRow,
    to: OrderState,
    { cause, actor, data }: By & { data?: object | undefined },
  ): Promise<void> {
    if (!TRANSITIONS[state].includes(to)) throw refuse("ORDER_STATE", "order", state);
    const type = EVENTS[to];
    const told = { order: id, state: to, currency, total, cause, ...data };
    const [isMoved] = await Promise.all([
      store.moveOrder(tx, { id, from: state, to, cause, actor, now: clock() }),
      type !== undefined && outbox.emit(tx, { type, subject: id, data: told }),
    ]);
    if (!isMoved) throw new Error(`the order ${id} is held and was moved by somebody else`);
  }

  /** Nobody waits for its goods any more: what it took of coupons, budgets and money goes back. */
  async function end(tx: Queryable, row: store.OrderRow, to: "cancelled" | "expired", by: By): Promise<void> {
    await moveHeld(tx, row, to, by);
    // In the order in which placing takes them.
    await Promise.all([
      // A word, as whatever else goes back has one; why in so many words is in the history.
      money.giveBack(tx, { order: row.id, cause: to }),
      row.customer !== null && uncount(tx, row.customer, { orders: 1 }),
      budgets.giveBack(tx, { order: row.id, shares: "all" }),
    ]);
  }

  return {
    hold,
    /**
     * From whatever state it is in. `data` is told with its event.
     *
     * @throws HaggleError ORDER_UNKNOWN, ORDER_STATE with the state that it is in
     */
    async move(
      tx: Queryable,
      { order, to, ...by }: By & { order: string; to: OrderState; data?: object },
    ): Promise<void> {
      await moveHeld(tx, await hold(tx, order), to, by);
    },
    /**
     * Adds to an order's money, and makes it paid where that is enough and its stock is held.
     *
     * @returns `late`: what is to become of money that comes when the order has ended. `excess`: how much more it has than it
     *   costs.
     * @throws HaggleError ORDER_UNKNOWN
     */
    async pay(
      tx: Queryable,
      { order, authorised, captured, cause, actor }: Paid,
    ): Promise<{ state: OrderState; late: store.OrderRow["latePayment"] | undefined; excess: number }> {
      const row = await hold(tx, order);
      await store.addMoney(tx, order, { authorised, captured, refunded: 0 }, clock());
      const secured = securedOf(row) + authorised + captured;
      const excess = Math.max(0, secured - row.total);
      const isOpen = row.state === "reserved" || row.state === "awaiting_payment";
      if (!isOpen) {
        const isEnded = row.state === "cancelled" || row.state === "expired";
        const late = row.state === "expired" ? row.latePayment : "refund";
        return { state: row.state, late: isEnded && secured > 0 ? late : undefined, excess };
      }
      if (secured < row.total) return { state: row.state, late: undefined, excess };
      const until = clock() + PAID_HELD_MS;
      if (await reservations.keep(tx, { order, attempt: row.attempt, until })) {
        await moveHeld(tx, row, "paid", { cause, actor });
        return { state: "paid", late: undefined, excess };
      }
      // Nobody looked after orders for long: its stock is on sale again.
      await moveHeld(tx, row, "expired", { cause: "stock expired", actor });
      await Promise.all([
        row.customer !== null && uncount(tx, row.customer, { orders: 1 }),
        budgets.giveBack(tx, { order, shares: "all" }),
      ]);
      return { state: "expired", late: row.latePayment, excess };
    },
    /** So much more was given back. @throws HaggleError ORDER_UNKNOWN */
    async refunded(tx: Queryable, { order, amount }: { order: string; amount: number }): Promise<void> {
      await hold(tx, order);
      await store.addMoney(tx, order, { authorised: 0, captured: 0, refunded: amount }, clock());
    },
    /**
     * Once: what is cancelled stays so.
     *
     * @throws HaggleError ORDER_UNKNOWN, ORDER_STATE where something of it has left, or it has expired
     */
    async cancel(tx: Queryable, order: string, by: By): Promise<void> {
      const row = await hold(tx, order);
      if (row.state !== "cancelled") await end(tx, row, "cancelled", by);
    },
    /** Of one that is held and due. */
    expire: (tx: Queryable, row: store.OrderRow, by: By): Promise<void> => end(tx, row, "expired", by),
    moveHeld,
  };
}

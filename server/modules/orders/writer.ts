// The second transaction of an order, by group commit: orders whose stock is reserved while one transaction is under way go
// together into the next one. What refuses one of them undoes all of it, and then each half is written by itself.

import { refuse } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { createGroupCommit } from "../../platform/group-commit.ts";
import { keepAnswer, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox, OutboxEvent } from "../../platform/outbox.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Customers } from "../customers/service.ts";
import type { Inventory } from "../inventory/service.ts";
import type { Quotes, Usable } from "../quotes/service.ts";
import type { LedgerEntry } from "./ledger.ts";
import { PAID_HELD_MS } from "./moves.ts";
import type { OrderState as OrderStateView } from "./schema.ts";
import type { OrderState } from "./states.ts";
import * as store from "./store.ts";
import { toState } from "./view.ts";

/** What an order takes of coupons and budgets, all of it or nothing. */
export type Claim = (
  tx: Queryable,
  claimed: {
    order: string;
    customer: string | null;
    currency: string;
    coupons: Usable["row"]["coupons"];
    claims: DecisionJson["claims"];
  },
) => Promise<void>;

export type WriterDependencies = {
  database: Database;
  outbox: Pick<Outbox, "emitAll">;
  quotes: Pick<Quotes, "take">;
  reservations: Pick<Inventory["reservations"], "keep">;
  claim: Claim;
  customers: Pick<Customers, "count">;
  clock: Clock;
};

/** What the shop's server is told, and told again when it asks again. */
export type Placed = { order: OrderStateView };

export type Writing = {
  order: store.NewOrder;
  usable: Usable;
  ledger: readonly LedgerEntry[];
  repeatable: Repeatable;
  actor: Actor;
};

/** Somebody else has placed this order, or had this key, at the same moment. */
export class Overtaken extends Error {}

/** Behind the end of the order, so that the order's own expiry comes first. */
const SPARE_MS = 10 * 60_000;
const MAX_BATCH = 32;
/** Beyond the first order of a transaction: all others in it wait for its end. */
const MAX_BATCH_LINES = 400;
/** Of the pool's ten connections. */
const MAX_WRITERS = 3;
const WORTH_ANOTHER = 8;

export function createOrderWriter(dependencies: WriterDependencies) {
  const { database, outbox, quotes, reservations, claim, customers, clock } = dependencies;
  const group = createGroupCommit<Writing, Placed>({
    write: (batch) => database.transaction((tx) => writeAll(tx, batch)),
    sizeOf: ({ order }) => order.lines.length,
    maxSize: MAX_BATCH_LINES,
    maxBatch: MAX_BATCH,
    maxWriters: MAX_WRITERS,
    worthAnother: WORTH_ANOTHER,
  });

  /** Their statements leave together, in an order in which no two transactions wait for each other's customers. */
  async function writeAll(tx: Queryable, batch: readonly Writing[]): Promise<Placed[]> {
    const written = new Map<Writing, Promise<Placed>>();
    for (const writing of batch.toSorted(byCustomer)) written.set(writing, writeOne(tx, writing));
    // All of them have ended before the transaction does, also where one is refused.
    await Promise.allSettled(written.values());
    return Promise.all(batch.map((writing) => written.get(writing)!));
  }

  /** Everything of an order but its stock. Its statements go out together; those that others wait for come last. */
  async function writeOne(
    tx: Queryable,
    { order, usable, ledger, repeatable, actor }: Writing,
  ): Promise<Placed> {
    const { row } = usable;
    const { id, attempt, currency } = order;
    const answer: Placed = {
      order: toState({ ...order, authorised: 0, captured: 0, refunded: 0, updatedAt: order.createdAt }),
    };
    const [isHeld, , isNew, isFirst] = await Promise.all([
      reservations.keep(tx, { order: id, attempt, until: heldUntil(order) }),
      quotes.take(tx, usable),
      store.insertOrder(tx, order, movesTo(order.state, actor.id), ledger),
      keepAnswer(tx, repeatable, answer, clock()),
      outbox.emitAll(tx, eventsOf(order, row)),
      row.asked.customer !== undefined && customers.count(tx, row.asked.customer, { orders: 1 }),
      claim(tx, {
        order: id,
        customer: row.asked.customer ?? null,
        currency,
        coupons: row.coupons,
        claims: decisionOf(row).claims,
      }),
    ]);
    if (!isNew || !isFirst) throw new Overtaken();
    if (!isHeld) throw refuse("ORDER_STOCK_LOST", "quote", row.id);
    return answer;
  }

  return {
    /**
     * Resolves when it is durable. Those that take of coupons and budgets, for whose rows many orders wait, keep no neighbours
     * waiting with them.
     *
     * @throws HaggleError what `quotes.take` and `claim` throw; ORDER_STOCK_LOST
     */
    write(writing: Writing): Promise<Placed> {
      const { coupons, decision } = writing.usable.row;
      const isAlone = coupons.length > 0 || (decision as DecisionJson).claims.length > 0;
      return isAlone ? database.transaction((tx) => writeOne(tx, writing)) : group.submit(writing);
    },
  };
}

/** It was stored as JSON. */
export function decisionOf({ decision }: Pick<Usable["row"], "decision">): DecisionJson {
  return decision as DecisionJson;
}

function byCustomer(a: Writing, b: Writing): number {
  const [left, right] = [a.order.customer ?? "", b.order.customer ?? ""];
  return left < right ? -1 : Number(left > right);
}

function eventsOf(
  { id, currency, total, state }: store.NewOrder,
  row: Writing["usable"]["row"],
): OutboxEvent[] {
  const data = {
    order: id,
    quote: row.id,
    channel: row.channel,
    release: row.release,
    currency,
    total,
    discount: decisionOf(row).discountTotal,
    // Whoever counts orders need not look for those of which there is nothing to count.
    isCounted: row.attribution !== null,
  };
  const placed = { type: "order.placed", subject: id, data };
  return state === "paid" ? [placed, { type: "order.paid", subject: id, data }] : [placed];
}

/** What is paid at once does not expire, however long it takes until somebody confirms it. */
function heldUntil({ state, createdAt, expiresAt }: store.NewOrder): number {
  return state === "paid" ? createdAt + PAID_HELD_MS : expiresAt + SPARE_MS;
}

/** What an order comes through while it is placed. */
function movesTo(state: OrderState, actor: string): store.Move[] {
  const to = (from: OrderState | null, to: OrderState, cause: string) => ({ from, to, cause, actor });
  return [
    to(null, "draft", "quoted"),
    to("draft", "reserved", "stock reserved"),
    state === "paid"
      ? to("reserved", "paid", "nothing to pay")
      : to("reserved", "awaiting_payment", "to be paid"),
  ];
}

// The second transaction of an order, by group commit: orders whose stock is reserved while one transaction is under way go
// together into the next one. What refuses one of them undoes all of it, and then each half is written by itself.

import { refuse } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { createGroupCommit } from "../../platform/group-commit.ts";
import { keepAnswers, type Repeatable } from "../../platform/idempotency.ts";
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
  quotes: Pick<Quotes, "takeAll">;
  reservations: Pick<Inventory["reservations"], "keepAll">;
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

  /**
   * Everything of orders but their stock: a statement of each kind for all of them. They leave together, and those that others wait
   * for come last, in an order in which no two transactions wait for each other's customers. A refusal is of all of them.
   */
  async function writeAll(tx: Queryable, batch: readonly Writing[]): Promise<Placed[]> {
    const answers = batch.map(
      ({ order }): Placed => ({
        order: toState({ ...order, authorised: 0, captured: 0, refunded: 0, updatedAt: order.createdAt }),
      }),
    );
    const steps = [
      reservations.keepAll(
        tx,
        batch.map(({ order }) => ({ order: order.id, attempt: order.attempt, until: heldUntil(order) })),
      ),
      quotes.takeAll(
        tx,
        batch.map(({ usable }) => usable),
      ),
      store.insertOrders(
        tx,
        batch.map(({ order, ledger, actor }) => ({ order, moves: movesTo(order.state, actor.id), ledger })),
      ),
      keepAnswers(
        tx,
        batch.map(({ repeatable }, i) => ({ ...repeatable, answer: answers[i]! })),
        clock(),
      ),
      outbox.emitAll(
        tx,
        batch.flatMap(({ order, usable }) => eventsOf(order, usable.row)),
      ),
      ...batch
        .flatMap(({ usable }) => usable.row.asked.customer ?? [])
        .sort()
        .map((customer) => customers.count(tx, customer, { orders: 1 })),
      ...batch.map((writing) => claim(tx, claimedBy(writing))),
    ] as const;
    // All of them have ended before the transaction does, also where one is refused.
    await Promise.allSettled(steps);
    const [held, , areNew, areFirst] = await Promise.all(steps);
    if (!areNew || !areFirst) throw new Overtaken();
    const lost = batch.find(({ order }) => !held.has(order.id));
    if (lost !== undefined) throw refuse("ORDER_STOCK_LOST", "quote", lost.usable.row.id);
    return answers;
  }

  return {
    /**
     * Resolves when it is durable. Those that take of coupons and budgets, for whose rows many orders wait, keep no neighbours
     * waiting with them.
     *
     * @throws HaggleError what `quotes.takeAll` and `claim` throw; ORDER_STOCK_LOST
     */
    write(writing: Writing): Promise<Placed> {
      if (!takesOfBudgets(writing)) return group.submit(writing);
      return database.transaction(async (tx) => (await writeAll(tx, [writing]))[0]!);
    },
  };
}

/** It was stored as JSON. */
export function decisionOf({ decision }: Pick<Usable["row"], "decision">): DecisionJson {
  return decision as DecisionJson;
}

function takesOfBudgets({ usable: { row } }: Writing): boolean {
  return row.coupons.length > 0 || decisionOf(row).claims.length > 0;
}

function claimedBy({ order, usable: { row } }: Writing): Parameters<Claim>[1] {
  return {
    order: order.id,
    customer: row.asked.customer ?? null,
    currency: order.currency,
    coupons: row.coupons,
    claims: decisionOf(row).claims,
  };
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

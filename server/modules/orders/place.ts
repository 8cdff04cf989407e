import { HaggleError } from "@haggle/abi";
import { mayGoWell } from "../../platform/database/database.ts";
import { findAnswer, keepAnswer, type Repeatable } from "../../platform/idempotency.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Inventory, Reservation } from "../inventory/service.ts";
import type { Quotes, Usable } from "../quotes/service.ts";
import { listLines, makeLedger, type OrderLine } from "./ledger.ts";
import type { OrderBody } from "./schema.ts";
import * as store from "./store.ts";
import { toState } from "./view.ts";
import { createOrderWriter, decisionOf, Overtaken, type Placed, type WriterDependencies } from "./writer.ts";

export type PlaceDependencies = WriterDependencies & {
  quotes: Pick<Quotes, "prepare">;
  reservations: Inventory["reservations"];
  /** Of a quote whose order ended in a failure of ours. */
  observeFailure: (quote: Usable["row"]) => Promise<void>;
  telemetry: Pick<Telemetry, "counter">;
};

export type Asked = Omit<OrderBody, "purchaseToken" | "unit"> & {
  /** Whose share of a flash sale it is. */
  holder?: Parameters<Inventory["reservations"]["reserve"]>[0]["holder"];
};

/** Until the second transaction holds it for as long as the order may be paid. */
const PLACING_MS = 60_000;
const DEADLINE_MS = 2_000;
const PAY_WITHIN_MS = 30 * 60_000;
/** Of a placing that somebody else overtook, and of attempts at its stock. */
const MAX_TRIES = 5;

/** An order is placed by a reservation, which is durable when it is answered, and then all else in one transaction, by `writer.ts`. */
export function createPlace(dependencies: PlaceDependencies) {
  const { database, quotes, reservations, observeFailure, telemetry, clock } = dependencies;
  const writer = createOrderWriter(dependencies);
  const placed = telemetry.counter({
    name: "haggle_orders_total",
    help: "What became of orders that were to be placed: placed, repeated, or refused by their code.",
    label: "result",
  });

  /** Also of an attempt that somebody else has made for the same order. @throws HaggleError what `reserve` throws */
  async function reserve(
    { row, order }: Usable,
    lines: readonly OrderLine[],
    asked: Asked,
  ): Promise<Reservation> {
    const { region } = row.asked;
    const request = {
      order,
      lines,
      ttlMs: PLACING_MS,
      destination: { ...(region !== undefined && { region }), ...asked.destination },
      holder: asked.holder,
    };
    for (let attempt = 1, tries = 1; ; tries++) {
      try {
        return (await reservations.reserve({ ...request, attempt }, { deadlineMs: DEADLINE_MS })).reservation;
      } catch (cause) {
        if (tries === MAX_TRIES || !isOtherAttempt(cause)) throw cause;
        const found = await reservations.get(order);
        // Only what was sold is never reserved again.
        if (found.state === "confirmed") throw cause;
        attempt = found.state === "held" && found.expiresAt > clock() ? found.attempt : found.attempt + 1;
      }
    }
  }

  async function placeOnce(asked: Asked, repeatable: Repeatable, actor: Actor): Promise<Placed> {
    const id = orderOf(asked.quote);
    const usable = await quotes.prepare(asked.quote, id);
    if (usable.isRepeat && (await store.findOrder(database, id)) !== undefined) throw new Overtaken();
    try {
      return await placeUsable(usable, asked, repeatable, actor);
    } catch (cause) {
      if (isFailure(cause)) await observeFailure(usable.row);
      throw cause;
    }
  }

  async function placeUsable(
    usable: Usable,
    asked: Asked,
    repeatable: Repeatable,
    actor: Actor,
  ): Promise<Placed> {
    const id = usable.order;
    const decision = decisionOf(usable.row);
    const lines = listLines(usable.row.cart, decision);
    const ledger = makeLedger(decision, usable.row.cart, lines);
    const { attempt, claim: reservedBy } = await reserve(usable, lines, asked);
    try {
      const order = toNew(usable, { asked, lines, attempt, now: clock() });
      return await writer.write({ order, usable, ledger, repeatable, actor });
    } catch (cause) {
      // The one way back. Where this fails too, or the process ends, the reservation ends by itself in a minute; where somebody else
      // has placed the order meanwhile it is not this call's any more.
      if (reservedBy !== null)
        await reservations.giveBack({ order: id, attempt, claim: reservedBy }).catch(ignoreRefusal);
      throw cause;
    }
  }

  /** What the order is by now that somebody asks for again, with another key. */
  async function findPlaced(asked: Asked, repeatable: Repeatable): Promise<Placed | undefined> {
    const row = await store.findOrder(database, orderOf(asked.quote));
    if (row === undefined) return undefined;
    const answer = { order: toState(row) };
    // Where the key was not free, what it was answered is found at the next try.
    return (await keepAnswer(database, repeatable, answer, clock())) ? answer : undefined;
  }

  /**
   * One order of a quote, whoever asks for it how often. A refusal changes nothing: what it had reserved is on sale again.
   *
   * @throws HaggleError what `quotes.prepare` and `takeAll`, `reserve` and `claim` throw; ORDER_STOCK_LOST, SERVER_IDEMPOTENCY_KEY
   */
  return async (
    asked: Asked,
    repeatable: Repeatable,
    actor: Actor,
  ): Promise<Placed & { isRepeat: boolean }> => {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await placeOnce(asked, repeatable, actor);
        placed.add("placed");
        return { ...answer, isRepeat: false };
      } catch (cause) {
        // Asked only now: most orders are new, and what is not fails by its quote or its key. Whoever was overtaken also finds
        // codes and budgets used, by the same order.
        const known =
          (await findAnswer<Placed>(database, repeatable, clock())) ?? (await findPlaced(asked, repeatable));
        if (known !== undefined) {
          placed.add("repeated");
          return { ...known, isRepeat: true };
        }
        const isLost = cause instanceof HaggleError && cause.code === "ORDER_STOCK_LOST";
        if (tries < MAX_TRIES && (isLost || cause instanceof Overtaken)) continue;
        placed.add(cause instanceof HaggleError ? cause.code : "SERVER_INTERNAL");
        throw cause;
      }
    }
  };
}

/** The order of a quote: there is no other one. */
function orderOf(quote: string): string {
  return quote.replace(/^quote_/, "order_");
}

function toNew(
  { row }: Usable,
  { asked, lines, attempt, now }: { asked: Asked; lines: OrderLine[]; attempt: number; now: number },
): store.NewOrder {
  const { payWithinMs = PAY_WITHIN_MS, latePayment = "reserve" } = asked;
  return {
    id: orderOf(row.id),
    state: row.total === 0 ? "paid" : "awaiting_payment",
    quote: row.id,
    customer: row.asked.customer ?? null,
    channel: row.channel,
    release: row.release,
    currency: row.currency,
    total: row.total,
    lines,
    attempt,
    latePayment,
    expiresAt: now + payWithinMs,
    createdAt: now,
  };
}

/** Neither a refusal nor the crowd, which is no fault of a release. */
function isFailure(cause: unknown): boolean {
  return !(cause instanceof HaggleError || cause instanceof Overtaken || mayGoWell(cause));
}

/** Of an order that somebody has begun to place before. */
function isOtherAttempt(cause: unknown): boolean {
  if (!(cause instanceof HaggleError)) return false;
  return ["INVENTORY_EXPIRED", "INVENTORY_STATE", "INVENTORY_ATTEMPT"].includes(cause.code);
}

/** Stock that cannot be given back now ends by itself. */
function ignoreRefusal(cause: unknown): void {
  if (!(cause instanceof HaggleError)) throw cause;
}

import type { Logger } from "pino";
import type { Audit } from "../modules/audit/service.ts";
import { createInventory } from "../modules/inventory/service.ts";
import type { Database } from "../platform/database/database.ts";
import { SYSTEM_ACTOR } from "../platform/scope.ts";
import { createTelemetry } from "../platform/telemetry.ts";

/** A cart as `haggle replay` reads it, which was bought. */
export type Order = {
  id: string;
  /** Epoch ms. */
  now: number;
  lines: { sku: string; quantity: number }[];
  customer?: { id: string };
};

/** A row of the file. */
export type DatedMovement = {
  /** ISO 8601. */
  at: string;
  kind: "adjust" | "expect" | "receive";
  sku: string;
  location: string;
  quantity: string;
  cause: string;
};

type Dependencies = { database: Database; audit: Pick<Audit, "record">; log: Logger };

/** Nobody waits for the past. */
const WAITS = { deadlineMs: 60_000 };
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Lets the past of the shop's stock happen once more, all of it or nothing, by an inventory whose clock is turned back:
 * deliveries come, and orders are reserved and confirmed on the evening of their day. No event tells it: nobody listened then.
 */
export function relivePast(
  movements: readonly DatedMovement[],
  orders: readonly Order[],
  { database, audit, log }: Dependencies,
): Promise<void> {
  return database.transaction(async (tx) => {
    let now = 0;
    const { stock, reservations, close } = createInventory({
      database: { ...database, ...tx, transaction: (work) => work(tx) },
      audit,
      outbox: { emitAll: async () => {} },
      telemetry: createTelemetry(),
      clock: () => now,
      stopwatch: () => performance.now(),
      log,
    });
    const deliver = (some: readonly DatedMovement[]) => {
      const given = some.map(({ at: _, quantity, ...movement }) => ({
        ...movement,
        quantity: Number(quantity),
      }));
      return stock.move(given, { actor: SYSTEM_ACTOR }, undefined);
    };
    /** All of a day at once, as many as the writer takes together. */
    const sell = async (some: readonly Order[]) => {
      const asked = some.map(({ id: order, lines }) => ({ order, attempt: 1, lines }));
      await Promise.all(asked.map((each) => reservations.reserve(each, WAITS)));
      await Promise.all(asked.map((each) => reservations.confirm(each, SYSTEM_ACTOR.id, WAITS)));
    };
    const deliveries = Map.groupBy(movements, ({ at }) => Date.parse(at));
    const days = Map.groupBy(orders, (order) => Math.floor(order.now / DAY_MS));
    const history = [
      ...[...deliveries].map(([at, some]) => ({ at, happen: () => deliver(some) })),
      ...[...days.values()].map((some) => ({ at: some.at(-1)!.now, happen: () => sell(some) })),
    ].sort((a, b) => a.at - b.at);
    for (const { at, happen } of history) {
      now = at;
      await happen();
    }
    await close();
  });
}

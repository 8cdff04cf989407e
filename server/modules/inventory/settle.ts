import { Overtaken, type Queryable } from "../../platform/database/database.ts";
import type { Outbox, OutboxEvent } from "../../platform/outbox.ts";
import type { Strategy } from "./allocate.ts";
import { type Decision, decide, type Operation, type Reservation } from "./decide.ts";
import * as store from "./reservation-store.ts";
import { createShelves } from "./shelves.ts";

/** Where a tenant never said otherwise. */
export const DEFAULT_STRATEGY: Strategy = { order: "priority", split: true };

type Dependencies = { outbox: Pick<Outbox, "emitAll">; now: number };

/**
 * Does what is asked of several orders, each named once, in one transaction: reads and locks them and their stock, decides
 * one after the other, and writes all of it with its events. What is refused changes nothing for the others.
 *
 * @returns what each of them comes to, in their order
 * @throws Overtaken where somebody made one of the reservations at the same moment
 */
export async function settle(
  tx: Queryable,
  operations: readonly Operation[],
  dependencies: Dependencies,
): Promise<Decision["outcome"][]> {
  const orders = operations.map(({ order }) => order);
  const [found, strategy] = await Promise.all([store.lockReservations(tx, orders), store.findStrategy(tx)]);
  return settleFound(tx, operations, found, { ...dependencies, strategy });
}

/**
 * Puts what has expired back on sale, at most so many.
 *
 * @returns how many there were
 */
export async function settleDue(tx: Queryable, limit: number, dependencies: Dependencies): Promise<number> {
  const found = await store.lockDue(tx, { now: dependencies.now, limit });
  const operations = found.map(({ order, attempt }) => ({ verb: "expire" as const, order, attempt }));
  await settleFound(tx, operations, found, { ...dependencies, strategy: undefined });
  return found.length;
}

async function settleFound(
  tx: Queryable,
  operations: readonly Operation[],
  found: readonly Reservation[],
  { outbox, now, strategy = DEFAULT_STRATEGY }: Dependencies & { strategy: Strategy | undefined },
): Promise<Decision["outcome"][]> {
  const byOrder = new Map(found.map((reservation) => [reservation.order, reservation]));
  const skus = listSkus(operations, found);
  const levels = skus.length === 0 ? [] : await store.lockLevels(tx, skus);
  const shelves = createShelves(levels);
  const locations = [...new Set(levels.map(({ location }) => location))];
  // Most shops have one, and it is asked whatever it is like.
  const places = locations.length < 2 ? [] : await store.listPlaces(tx, locations);
  const byLocation = new Map(places.map((place) => [place.location, place]));
  const shop = { shelves, strategy, findPlace: (location: string) => byLocation.get(location)! };

  const transitions: store.Transition[] = [];
  const shipments: store.Shipment[] = [];
  const outcomes = operations.map((operation) => {
    const before = byOrder.get(operation.order);
    const { next, outcome } = decide(operation, { ...shop, found: before, now });
    if (next === undefined) return outcome;
    transitions.push({ next, found: before });
    if (operation.verb === "confirm" && next.state === "confirmed") {
      const { order, actor } = operation;
      shipments.push(...next.allocations.map((allocation) => ({ ...allocation, order, actor })));
    }
    return outcome;
  });
  if (transitions.length === 0) return outcomes;

  const changes = shelves.listChanges();
  const [written] = await Promise.all([
    store.writeChanges(tx, { transitions, changes, shipments }, now),
    outbox.emitAll(tx, transitions.flatMap(listEvents)),
  ]);
  if (written.reservations !== transitions.length || written.levels !== changes.length) {
    throw new Overtaken("a reservation was made meanwhile");
  }
  return outcomes;
}

/** All whose levels may be needed: those of the lines, and those of what is held already. */
function listSkus(operations: readonly Operation[], found: readonly Reservation[]): string[] {
  const skus = new Set<string>();
  for (const operation of operations) {
    if (operation.verb === "reserve") for (const { sku } of operation.lines) skus.add(sku);
  }
  for (const { state, allocations } of found) {
    if (state === "held") for (const { sku } of allocations) skus.add(sku);
  }
  return [...skus];
}

/** What others are told. That a reservation lasts longer, or was asked for again, is nobody else's business. */
function listEvents({ next, found }: store.Transition): OutboxEvent[] {
  const isNew = found?.attempt !== next.attempt;
  if (!isNew && found.state === next.state) return [];
  const events = [toEvent(next)];
  if (isNew && found?.state === "held") events.unshift(toEvent({ ...found, state: "released" }));
  return events;
}

function toEvent({ order, attempt, state, allocations, expiresAt }: Reservation): OutboxEvent {
  const data = { order, attempt, allocations, ...(state === "held" && { expiresAt }) };
  return { type: `reservation.${state}`, subject: order, data };
}

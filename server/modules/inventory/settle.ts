import { HaggleError } from "@haggle/abi";
import { Overtaken, type Queryable } from "../../platform/database/database.ts";
import type { Outbox, OutboxEvent } from "../../platform/outbox.ts";
import type { Strategy } from "./allocate.ts";
import type { Buckets } from "./buckets.ts";
import { type Decision, decide, type Operation, type Reservation, ShortOfStock } from "./decide.ts";
import type { StockLevel } from "./gate-scripts.ts";
import { nextRevision } from "./gate-store.ts";
import { listRules, lockUses, writeUses } from "./ration-store.ts";
import { createRations, type Rule, type Share } from "./rations.ts";
import * as store from "./reservation-store.ts";
import { availableAt, createShelves, type Shelves } from "./shelves.ts";

/** Where a tenant never said otherwise. */
export const DEFAULT_STRATEGY: Strategy = { order: "priority", split: true };

type Dependencies = {
  outbox: Pick<Outbox, "emitAll">;
  buckets: Pick<Buckets, "findOwn" | "needAll" | "own">;
  now: number;
  /** Called with what the transaction leaves of each sku that it holds, should it be committed; again when it is tried again. */
  note?: ((levels: readonly StockLevel[]) => void) | undefined;
};

/**
 * Does what is asked of several orders, each named once, in one transaction: reads and locks them and their stock, decides
 * one after the other, and writes all of it with its events. What is refused changes nothing for the others.
 *
 * @returns what each of them comes to, in their order
 * @throws Overtaken where somebody made one of the reservations at the same moment, or pieces may be in rows that it did not lock
 */
export async function settle(
  tx: Queryable,
  operations: readonly Operation[],
  dependencies: Dependencies,
): Promise<Decision["outcome"][]> {
  const orders = operations.map(({ order }) => order);
  const [found, strategy, rules] = await Promise.all([
    store.lockReservations(tx, orders),
    store.findStrategy(tx),
    listRules(tx, dependencies.now),
  ]);
  return settleFound(tx, operations, found, { ...dependencies, strategy, rules });
}

/**
 * Puts what has expired back on sale, at most so many.
 *
 * @returns how many there were
 */
export async function settleDue(tx: Queryable, limit: number, dependencies: Dependencies): Promise<number> {
  const found = await store.lockDue(tx, { now: dependencies.now, limit });
  const operations = found.map(({ order, attempt }) => ({ verb: "expire" as const, order, attempt }));
  await settleFound(tx, operations, found, { ...dependencies, strategy: undefined, rules: [] });
  return found.length;
}

type Known = { strategy: Strategy | undefined; rules: readonly Rule[] };

async function settleFound(
  tx: Queryable,
  operations: readonly Operation[],
  found: readonly Reservation[],
  { outbox, buckets, now, note, strategy = DEFAULT_STRATEGY, rules }: Dependencies & Known,
): Promise<Decision["outcome"][]> {
  // What an earlier try has left was undone with it.
  note?.([]);
  const byOrder = new Map(found.map((reservation) => [reservation.order, reservation]));
  const skus = listSkus(operations, found);
  const shares = listShares(operations, found);
  const own = buckets.findOwn(skus, rules);
  const [levels, uses] = await Promise.all([
    skus.length === 0 ? [] : store.lockLevels(tx, skus, own),
    shares.length === 0 ? [] : lockUses(tx, shares),
  ]);
  const shelves = createShelves(levels, buckets.own);
  const locations = [...new Set(levels.map(({ location }) => location))];
  // Most shops have one, and it is asked whatever it is like.
  const places = locations.length < 2 ? [] : await store.listPlaces(tx, locations);
  const byLocation = new Map(places.map((place) => [place.location, place]));
  const rations = createRations(rules, uses);
  const shop = { shelves, rations, strategy, findPlace: (location: string) => byLocation.get(location)! };

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
  const hidden = listHidden(outcomes, shelves, skus, own !== undefined);
  if (hidden.length > 0) {
    buckets.needAll(hidden);
    throw new Overtaken("pieces may be in rows that are not locked");
  }
  // Somebody else who made one of them at the same moment has the pieces for which this one waited.
  const refused = operations.filter(
    ({ verb, order }, i) => verb === "reserve" && !byOrder.has(order) && outcomes[i] instanceof HaggleError,
  );
  if (
    refused.length > 0 &&
    (await store.hasReservation(
      tx,
      refused.map(({ order }) => order),
    ))
  ) {
    throw new Overtaken("what is refused was reserved meanwhile");
  }

  // Of a level whose rows are not all held nobody knows the sum; of what there never was nothing is to be kept.
  const isTold = (sku: string) => shelves.of(sku).length > 0 && shelves.isWhole(sku);
  const whole = note === undefined ? [] : skus.filter(isTold);
  const noting = note === undefined || whole.length === 0 ? undefined : noteLevels(tx, whole, shelves, note);
  if (transitions.length === 0) {
    await noting;
    return outcomes;
  }

  shelves.even();
  const changes = shelves.listChanges();
  const used = rations.listChanges();
  const [written, usesWritten] = await Promise.all([
    store.writeChanges(tx, { transitions, changes, shipments }, now),
    used.length === 0 ? 0 : writeUses(tx, used),
    outbox.emitAll(tx, transitions.flatMap(listEvents)),
    noting,
  ]);
  if (written.reservations !== transitions.length || written.levels !== changes.length) {
    throw new Overtaken("a reservation was made meanwhile");
  }
  if (usesWritten !== used.length) throw new Overtaken("a unit had its first share of a ration meanwhile");
  return outcomes;
}

/** Skus of which something was refused, or could not be given back, that may be in rows that nobody looked at. */
function listHidden(
  outcomes: readonly Decision["outcome"][],
  shelves: Shelves,
  skus: readonly string[],
  isOwnOnly: boolean,
): string[] {
  const isHidden = (sku: string) => !shelves.isWhole(sku) || (isOwnOnly && shelves.of(sku).length === 0);
  if (shelves.isLacking()) return skus.filter(isHidden);
  return outcomes.flatMap((outcome) =>
    outcome instanceof ShortOfStock ? outcome.short.map(({ sku }) => sku).filter(isHidden) : [],
  );
}

async function noteLevels(
  tx: Queryable,
  skus: readonly string[],
  shelves: Shelves,
  note: NonNullable<Dependencies["note"]>,
): Promise<void> {
  const sumOf = (sku: string) => shelves.of(sku).reduce((sum, level) => sum + availableAt(level), 0);
  const sums = skus.map((sku) => ({ sku, available: sumOf(sku) }));
  const revision = await nextRevision(tx);
  note(sums.map((level) => ({ ...level, revision })));
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

/** Each ration of each unit once: those that are asked for, and those of what is held already. */
function listShares(
  operations: readonly Operation[],
  found: readonly Reservation[],
): Pick<Share, "ration" | "unit">[] {
  const shares = new Map<string, Pick<Share, "ration" | "unit">>();
  const add = ({ ration, unit }: Pick<Share, "ration" | "unit">) =>
    shares.set(JSON.stringify([ration, unit]), { ration, unit });
  for (const operation of operations) {
    if (operation.verb === "reserve" && operation.holder !== undefined) add(operation.holder);
  }
  for (const { state, share } of found) if (state === "held" && share !== null) add(share);
  return [...shares.values()];
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

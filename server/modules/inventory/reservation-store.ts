import type { Queryable } from "../../platform/database/database.ts";
import { A_HUNDRED } from "../../platform/database/estimates.ts";
import type { Place, Strategy } from "./allocate.ts";
import type { Reservation } from "./decide.ts";
import type { Bucket, Change } from "./shelves.ts";

// The SQL of reservations, one statement each. Times are epoch milliseconds. Rows are locked in one order everywhere: those of
// orders, then those of levels by sku, location and bucket. One by one, from a list that is in this order: so the index is asked
// for each, whatever the database believes of a table that was empty a minute ago.

const RESERVATION = `order_id as "order", attempt, state, claim, allocations, share,
  expires_at as "expiresAt",  created_at as "createdAt", updated_at as "updatedAt"`;

export async function findReservation({ query }: Queryable, order: string): Promise<Reservation | undefined> {
  const sql = `select ${RESERVATION} from reservations where order_id = $1`;
  return (await query<Reservation>(sql, [order]))[0];
}

/** Holds the rows until the transaction ends. */
export function lockReservations({ query }: Queryable, orders: readonly string[]): Promise<Reservation[]> {
  return query<Reservation>(
    `select found.* from unnest($1::text[]) as asked (name)
     cross join lateral (
       select ${RESERVATION} from reservations where order_id = asked.name limit 1 for update
     ) as found`,
    [[...orders].sort()],
    "inventory-lock-reservations",
  );
}

/**
 * Of attempts that are held. `state || ''`: before the database has counted the rows of a growing table, it takes the index of all that is held
 * for as good as the key, and reads all of it.
 *
 * @returns the orders of those that were; from now on no call that was too late gives them back
 */
export async function keepReservations(
  { query }: Queryable,
  meant: readonly { order: string; attempt: number; until: number }[],
  now: number,
): Promise<string[]> {
  const rows = await query<{ order: string }>(
    `update reservations r set claim = null, expires_at = greatest(r.expires_at, g.until), updated_at = $4
     from rows from (unnest($1::text[], $2::int[], $3::bigint[]), ${A_HUNDRED}) as g (order_id, attempt, until, nothing)
     where r.order_id = any($1) and r.order_id = g.order_id and r.attempt = g.attempt and r.state || '' = 'held'
     returning r.order_id as "order"`,
    [
      meant.map(({ order }) => order),
      meant.map(({ attempt }) => attempt),
      meant.map(({ until }) => until),
      now,
    ],
    "inventory-keep",
  );
  return rows.map(({ order }) => order);
}

/** Whether one of these orders is there. */
export async function hasReservation({ query }: Queryable, orders: readonly string[]): Promise<boolean> {
  const sql = "select from reservations where order_id = any($1) limit 1";
  return (await query(sql, [orders], "inventory-has-reservation")).length > 0;
}

/** Of those that are over since then, some, the oldest first. @returns how many */
export async function deleteOver(
  { query }: Queryable,
  { until, limit }: { until: number; limit: number },
): Promise<number> {
  const rows = await query(
    `delete from reservations where state <> 'held' and order_id in (
       select order_id from reservations where state <> 'held' and updated_at < $1
       order by updated_at limit $2 for update skip locked
     ) returning 1`,
    [until, limit],
  );
  return rows.length;
}

/** Those that are held and have expired, the oldest first, and none that somebody else is at. */
export function lockDue(
  { query }: Queryable,
  { now, limit }: { now: number; limit: number },
): Promise<Reservation[]> {
  return query<Reservation>(
    `select ${RESERVATION} from reservations where state = 'held' and expires_at <= $1
     order by expires_at limit $2 for update skip locked`,
    [now, limit],
  );
}

/** Holds the rows of these skus until the transaction ends: all of each level, or where it is split the own one alone. */
export function lockLevels({ query }: Queryable, skus: readonly string[], own?: number): Promise<Bucket[]> {
  return query<Bucket>(
    `select level.* from unnest($1::text[]) as asked (name)
     cross join lateral (
       select sku, location, bucket, buckets, on_hand as "onHand", reserved from stock_levels
       where sku = asked.name and ($2::int is null or bucket = $2 % buckets) order by location, bucket for update offset 0
     ) as level`,
    [[...skus].sort(), own ?? null],
    "inventory-lock-levels",
  );
}

export function listPlaces({ query }: Queryable, locations: readonly string[]): Promise<Place[]> {
  return query<Place>(
    "select location, priority, region, latitude, longitude from stock_locations where location = any($1)",
    [locations],
    "inventory-list-places",
  );
}

export async function findStrategy({ query }: Queryable): Promise<Strategy | undefined> {
  const sql = 'select location_order as "order", split from stock_allocation';
  return (await query<Strategy>(sql, [], "inventory-find-strategy"))[0];
}

/** A reservation as it becomes, and as it was: undefined where there was none. */
export type Transition = { next: Reservation; found: Reservation | undefined };

/** Pieces that leave with an order. */
export type Shipment = { sku: string; location: string; quantity: number; order: string; actor: string };

/**
 * Writes all of a transaction, in statements that go out together. What a reservation was before stands in its condition, so
 * the number of rows says whether all of it was so. Columns go as arrays: the database takes JSON apart at a higher price
 * than that of the rows themselves.
 *
 * @returns how many reservations and levels there were
 */
export async function writeChanges(
  tx: Queryable,
  { transitions, changes, shipments }: Changes,
  now: number,
): Promise<{ reservations: number; levels: number }> {
  const made = transitions.filter(({ found }) => found === undefined).map(({ next }) => next);
  const changed = transitions.filter(isKnown);
  const [inserted, updated, levels] = await Promise.all([
    made.length > 0 ? insertReservations(tx, made, now) : 0,
    changed.length > 0 ? updateReservations(tx, changed, now) : 0,
    changes.length > 0 ? updateLevels(tx, changes) : 0,
    shipments.length > 0 && insertShipments(tx, shipments, now),
  ]);
  return { reservations: inserted + updated, levels };
}

export type Changes = {
  transitions: readonly Transition[];
  changes: readonly Change[];
  shipments: readonly Shipment[];
};

/** In one order for everybody: who comes second to an order waits until the first one has committed, and has then no row. */
async function insertReservations(
  { query }: Queryable,
  reservations: readonly Reservation[],
  now: number,
): Promise<number> {
  const [inserted] = await query<{ count: number }>(
    `with inserted as (
       insert into reservations (order_id, attempt, state, claim, allocations, share, expires_at, created_at, updated_at)
       select given.*, $8, $8
       from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::bigint[]) as given
       on conflict do nothing returning 1
     ) select count(*) from inserted`,
    [...columnsOf(reservations.toSorted((a, b) => (a.order < b.order ? -1 : 1))), now],
    "inventory-insert-reservations",
  );
  return inserted!.count;
}

async function updateReservations(
  { query }: Queryable,
  transitions: readonly Known[],
  now: number,
): Promise<number> {
  const [updated] = await query<{ count: number }>(
    `with updated as (
       update reservations r set attempt = g.attempt, state = g.state, claim = g.claim, allocations = g.allocations,
         share = g.share, expires_at = g.expires_at, updated_at = $8
       from rows from (unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::bigint[],
           $9::int[], $10::text[]), ${A_HUNDRED})
         as g (order_id, attempt, state, claim, allocations, share, expires_at, attempt_before, state_before, nothing)
       where r.order_id = any($1) and r.order_id = g.order_id
         and r.attempt = g.attempt_before and r.state = g.state_before returning 1
     ) select count(*) from updated`,
    [
      ...columnsOf(transitions.map(({ next }) => next)),
      now,
      transitions.map(({ found }) => found.attempt),
      transitions.map(({ found }) => found.state),
    ],
    "inventory-update-reservations",
  );
  return updated!.count;
}

function columnsOf(reservations: readonly Reservation[]): unknown[] {
  return [
    reservations.map(({ order }) => order),
    reservations.map(({ attempt }) => attempt),
    reservations.map(({ state }) => state),
    reservations.map(({ claim }) => claim),
    reservations.map(({ allocations }) => JSON.stringify(allocations)),
    reservations.map(({ share }) => share && JSON.stringify(share)),
    reservations.map(({ expiresAt }) => expiresAt),
  ];
}

async function updateLevels({ query }: Queryable, changes: readonly Change[]): Promise<number> {
  const [updated] = await query<{ count: number }>(
    `with updated as (
       update stock_levels l set on_hand = l.on_hand + c.on_hand, reserved = l.reserved + c.reserved
       from rows from (unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[]), ${A_HUNDRED})
         as c (sku, location, bucket, on_hand, reserved, nothing)
       where l.sku = c.sku and l.location = c.location and l.bucket = c.bucket returning 1
     ) select count(*) from updated`,
    [
      changes.map(({ sku }) => sku),
      changes.map(({ location }) => location),
      changes.map(({ bucket }) => bucket),
      changes.map(({ onHand }) => onHand),
      changes.map(({ reserved }) => reserved),
    ],
    "inventory-update-levels",
  );
  return updated!.count;
}

async function insertShipments(
  { query }: Queryable,
  shipments: readonly Shipment[],
  now: number,
): Promise<void> {
  await query(
    `insert into stock_movements (kind, sku, location, quantity, order_id, actor_id, at)
     select 'ship', sku, location, -quantity, order_id, actor, $6
     from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
       as s (sku, location, quantity, order_id, actor)`,
    [
      shipments.map(({ sku }) => sku),
      shipments.map(({ location }) => location),
      shipments.map(({ quantity }) => quantity),
      shipments.map(({ order }) => order),
      shipments.map(({ actor }) => actor),
      now,
    ],
    "inventory-insert-shipments",
  );
}

type Known = { next: Reservation; found: Reservation };

function isKnown(transition: Transition): transition is Known {
  return transition.found !== undefined;
}

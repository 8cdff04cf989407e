import type { Queryable } from "../../platform/database/database.ts";
import type { Place, Strategy } from "./allocate.ts";
import type { Reservation } from "./decide.ts";
import type { Change, Level } from "./shelves.ts";

// The SQL of reservations, one statement each. Times are epoch milliseconds. Rows are locked in one order everywhere: those of
// orders, then those of levels by sku and location. One by one, from a list that is in this order: so the index is asked for
// each, whatever the database believes of a table that was empty a minute ago.

const RESERVATION = `order_id as "order", attempt, state, claim, allocations, expires_at as "expiresAt",
  created_at as "createdAt", updated_at as "updatedAt"`;

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

/** Holds the rows until the transaction ends, all of these skus. */
export function lockLevels({ query }: Queryable, skus: readonly string[]): Promise<Level[]> {
  return query<Level>(
    `select level.* from unnest($1::text[]) as asked (name)
     cross join lateral (
       select sku, location, on_hand as "onHand", reserved from stock_levels
       where sku = asked.name order by location for update offset 0
     ) as level`,
    [[...skus].sort()],
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
  return (await query<Strategy>('select location_order as "order", split from stock_allocation'))[0];
}

/** A reservation as it becomes, and as it was: undefined where there was none. */
export type Transition = { next: Reservation; found: Reservation | undefined };

/** Pieces that leave with an order. */
export type Shipment = { sku: string; location: string; quantity: number; order: string; actor: string };

/**
 * Writes all of a transaction in one statement. What a reservation was before stands in its condition, so the number of rows
 * says whether all of it was so.
 *
 * @returns how many reservations and levels there were
 */
export async function writeChanges(
  { query }: Queryable,
  { transitions, changes, shipments }: Changes,
  now: number,
): Promise<{ reservations: number; levels: number }> {
  const rows = transitions.map(({ next, found }) => ({
    ...next,
    attempt_before: found?.attempt,
    state_before: found?.state,
  }));
  const known = transitions.flatMap(({ found }) => (found === undefined ? [] : [found.order]));
  const [written] = await query<{ reservations: number; levels: number }>(
    `with given as (
       select * from jsonb_to_recordset($1::jsonb) as given ("order" text, attempt int, state text, claim text,
         allocations jsonb, "expiresAt" bigint, attempt_before int, state_before text)
     ), made as (
       insert into reservations (order_id, attempt, state, claim, allocations, expires_at, created_at, updated_at)
       select "order", attempt, state, claim, allocations, "expiresAt", $4, $4 from given
       where attempt_before is null order by "order"
       on conflict do nothing returning 1
     ), changed as (
       update reservations r set attempt = g.attempt, state = g.state, claim = g.claim,
         allocations = g.allocations, expires_at = g."expiresAt", updated_at = $4
       from given g
       where g.attempt_before is not null and r.order_id = any($5)
         and r.order_id = g."order" and r.attempt = g.attempt_before and r.state = g.state_before returning 1
     ), stocked as (
       update stock_levels l set on_hand = l.on_hand + c."onHand", reserved = l.reserved + c.reserved
       from jsonb_to_recordset($2::jsonb) as c (sku text, location text, "onHand" bigint, reserved bigint)
       where l.sku = c.sku and l.location = c.location returning 1
     ), shipped as (
       insert into stock_movements (kind, sku, location, quantity, order_id, actor_id, at)
       select 'ship', sku, location, -quantity, "order", actor, $4
       from jsonb_to_recordset($3::jsonb)
         as s (sku text, location text, quantity bigint, "order" text, actor text)
     )
     select (select count(*) from made) + (select count(*) from changed) as reservations,
       (select count(*) from stocked) as levels`,
    [JSON.stringify(rows), JSON.stringify(changes), JSON.stringify(shipments), now, known],
    "inventory-write-changes",
  );
  return written!;
}

export type Changes = {
  transitions: readonly Transition[];
  changes: readonly Change[];
  shipments: readonly Shipment[];
};

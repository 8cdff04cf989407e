import type { Queryable } from "../../platform/database/database.ts";
import type { Strategy } from "./allocate.ts";

// The SQL of locations, levels and movements, one statement each. Times are epoch milliseconds.

export type LocationRow = {
  location: string;
  name: string;
  priority: number;
  region: string | null;
  latitude: number | null;
  longitude: number | null;
  updatedAt: number;
};

export type LevelRow = {
  sku: string;
  location: string;
  onHand: number;
  reserved: number;
  incoming: number;
  available: number;
};

export type MovementKind = "expect" | "receive" | "adjust" | "ship" | "return" | "transfer";

export type MovementRow = {
  kind: MovementKind;
  sku: string;
  location: string;
  quantity: number;
  incoming: number;
  cause?: string | undefined;
};

/** A row of a level: the only one, or one of `buckets`. */
export type LockedRow = Omit<LevelRow, "available"> & { bucket: number; buckets: number };

/** A level as it becomes, and a row of it. */
export type NewLevel = Pick<LevelRow, "sku" | "location" | "onHand" | "incoming">;
export type NewRow = NewLevel & { bucket: number };

const LOCATION = `location, name, priority, region, latitude, longitude, updated_at as "updatedAt"`;
/** Of all rows of a level. */
const LEVEL = `sku, location, sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved,
  sum(incoming)::bigint as incoming, sum(on_hand - reserved)::bigint as available`;

export async function putLocation(
  { query }: Queryable,
  { location, name, priority, region, latitude, longitude, updatedAt }: LocationRow,
): Promise<void> {
  await query(
    `insert into stock_locations (location, name, priority, region, latitude, longitude, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, location) do update set name = excluded.name, priority = excluded.priority,
       region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude,
       updated_at = excluded.updated_at`,
    [location, name, priority, region, latitude, longitude, updatedAt],
  );
}

export async function findLocation({ query }: Queryable, location: string): Promise<LocationRow | undefined> {
  const sql = `select ${LOCATION} from stock_locations where location = $1`;
  return (await query<LocationRow>(sql, [location]))[0];
}

export function listLocations({ query }: Queryable): Promise<LocationRow[]> {
  return query<LocationRow>(`select ${LOCATION} from stock_locations order by priority, location`);
}

/** Those of the names that there are; nobody deletes them until the transaction ends. */
export async function holdLocations({ query }: Queryable, names: readonly string[]): Promise<string[]> {
  const rows = await query<{ location: string }>(
    "select location from stock_locations where location = any($1) order by location for key share",
    [names],
  );
  return rows.map(({ location }) => location);
}

/** Keeps everybody from moving something there until the transaction ends. */
export async function lockLocation({ query }: Queryable, location: string): Promise<LocationRow | undefined> {
  const sql = `select ${LOCATION} from stock_locations where location = $1 for update`;
  return (await query<LocationRow>(sql, [location]))[0];
}

export async function deleteEmptyLevels({ query }: Queryable, location: string): Promise<void> {
  await query(
    "delete from stock_levels where location = $1 and on_hand = 0 and reserved = 0 and incoming = 0",
    [location],
  );
}

export async function hasLevels({ query }: Queryable, location: string): Promise<boolean> {
  return (await query("select from stock_levels where location = $1 limit 1", [location])).length > 0;
}

export async function deleteLocation({ query }: Queryable, location: string): Promise<void> {
  await query("delete from stock_locations where location = $1", [location]);
}

export async function putStrategy(
  { query }: Queryable,
  { order, split }: Strategy,
  now: number,
): Promise<void> {
  await query(
    `insert into stock_allocation (location_order, split, updated_at) values ($1, $2, $3)
     on conflict (tenant_id) do update set location_order = excluded.location_order,
       split = excluded.split, updated_at = excluded.updated_at`,
    [order, split, now],
  );
}

/** Where there are none yet, in one order for everybody. */
export async function insertLevels(
  { query }: Queryable,
  levels: readonly Pick<LevelRow, "sku" | "location">[],
): Promise<void> {
  await query(
    `insert into stock_levels (sku, location)
     select distinct sku, location from jsonb_to_recordset($1::jsonb) as level (sku text, location text)
     order by sku, location on conflict do nothing`,
    [JSON.stringify(levels)],
  );
}

/** Holds the rows until the transaction ends. */
export function lockLevelsOf({ query }: Queryable, skus: readonly string[]): Promise<LockedRow[]> {
  return query<LockedRow>(
    `select level.* from unnest($1::text[]) as asked (name)
     cross join lateral (
       select sku, location, bucket, buckets, on_hand as "onHand", reserved, incoming from stock_levels
       where sku = asked.name order by location, bucket for update offset 0
     ) as level`,
    [[...skus].sort()],
  );
}

export async function updateLevels({ query }: Queryable, rows: readonly NewRow[]): Promise<void> {
  await query(
    `update stock_levels l set on_hand = n."onHand", incoming = n.incoming
     from jsonb_to_recordset($1::jsonb) as n (sku text, location text, bucket int, "onHand" bigint, incoming bigint)
     where l.sku = n.sku and l.location = n.location and l.bucket = n.bucket`,
    [JSON.stringify(rows)],
  );
}

export async function insertMovements(
  { query }: Queryable,
  movements: readonly MovementRow[],
  { actor, order = null, now }: { actor: string; order?: string | null | undefined; now: number },
): Promise<void> {
  const rows = movements.map((movement, place) => ({ place, ...movement }));
  await query(
    `insert into stock_movements (kind, sku, location, quantity, incoming, cause, order_id, actor_id, at)
     select kind, sku, location, quantity, incoming, cause, $4, $2, $3
     from jsonb_to_recordset($1::jsonb) as movement (place int, kind text, sku text, location text, quantity bigint,
       incoming bigint, cause text)
     order by place`,
    [JSON.stringify(rows), actor, now, order],
  );
}

type LoggedRow = Omit<MovementRow, "sku" | "cause"> & {
  number: number;
  cause: string | null;
  order: string | null;
  actor: string;
  at: number;
};

/** Those of a sku with smaller numbers, the newest first. */
export function listMovements(
  { query }: Queryable,
  { sku, before, limit }: { sku: string; before: number; limit: number },
): Promise<LoggedRow[]> {
  return query<LoggedRow>(
    `select number, kind, location, quantity, incoming, cause, order_id as "order", actor_id as actor, at
     from stock_movements where sku = $1 and number < $2 order by number desc limit $3`,
    [sku, before, limit],
  );
}

export type ShippedPiece = { sku: string; location: string; quantity: number };

/** What left with an order, in the order of skus and locations. */
export function listShipped(
  { query }: Queryable,
  order: string,
  skus: readonly string[],
): Promise<ShippedPiece[]> {
  return query<ShippedPiece>(
    `select sku, location, -sum(quantity)::bigint as quantity from stock_movements
     where sku = any($2) and order_id = $1 and kind = 'ship' group by sku, location order by sku, location`,
    [order, skus],
  );
}

export function findLevels({ query }: Queryable, sku: string): Promise<LevelRow[]> {
  return query<LevelRow>(
    `select ${LEVEL} from stock_levels where sku = $1 group by sku, location order by location`,
    [sku],
  );
}

/** Those of so many skus behind `after`, in the order of skus and locations. */
export function listLevels(
  { query }: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<LevelRow[]> {
  return query<LevelRow>(
    `select ${LEVEL} from stock_levels
     where sku in (select distinct sku from stock_levels where sku > $1 order by sku limit $2)
     group by sku, location order by sku, location`,
    [after, limit],
  );
}

import type { Queryable } from "../../platform/database/database.ts";
import type { SaleQueue } from "./store.ts";

// The SQL of those who wait, one statement each. Whoever writes places holds the queue of the sale (`lockSale`).

export type Place = {
  sale: string;
  unit: string;
  /** Null until the lot was drawn. */
  place: number | null;
  admittedAt: number | null;
  leftAt: number | null;
};

const PLACE = 'sale_id as sale, unit, place, admitted_at as "admittedAt", left_at as "leftAt"';

type Key = { sale: string; unit: string };

/** Of these, those that there are. */
export function findPlaces({ query }: Queryable, keys: readonly Key[]): Promise<Place[]> {
  return query<Place>(
    `select found.* from unnest($1::text[], $2::text[]) as asked (sale, unit)
     cross join lateral (
       select ${PLACE} from flash_sale_places where unit = asked.unit and sale_id = asked.sale limit 1
     ) as found`,
    [keys.map(({ sale }) => sale), keys.map(({ unit }) => unit)],
    "flash-sale-places",
  );
}

/** Who had one and lost it begins anew. */
export async function putPlaces(
  { query }: Queryable,
  sale: string,
  places: readonly { unit: string; place: number | null }[],
  now: number,
): Promise<void> {
  await query(
    `insert into flash_sale_places (sale_id, unit, place, joined_at)
     select $1, unit, place, $4 from unnest($2::text[], $3::bigint[]) as given (unit, place)
     on conflict (unit, sale_id, tenant_id) do update set place = excluded.place, joined_at = excluded.joined_at,
       admitted_at = null, left_at = null`,
    [sale, places.map(({ unit }) => unit), places.map(({ place }) => place), now],
    "flash-sale-put-places",
  );
}

type Standing = Pick<SaleQueue, "joined" | "tail" | "head" | "creditedAt" | "seed" | "begunAt" | "endedAt">;

export async function updateQueue({ query }: Queryable, sale: string, queue: Standing): Promise<void> {
  const { joined, tail, head, creditedAt, seed, begunAt, endedAt } = queue;
  await query(
    `update flash_sale_queues set joined = $2, tail = $3, head = $4, credited_at = $5, seed = $6, begun_at = $7,
       ended_at = $8
     where sale_id = $1`,
    [sale, joined, tail, head, creditedAt, seed, begunAt, endedAt],
    "flash-sale-update-queue",
  );
}

/**
 * Gives the next places behind `after` to some who wait for the lot, in the order of SHA-256 of the seed and the unit: whoever
 * knows both can count it again. By where the rows are: a database that has no statistics yet of a crowd that just came
 * would look for each of them among all. Who leaves at this moment is passed over.
 *
 * @returns the last place that was given, or null where nobody waits any more
 */
export async function drawLot(
  { query }: Queryable,
  { sale, seed, after, limit }: { sale: string; seed: string; after: number; limit: number },
): Promise<number | null> {
  const [drawn] = await query<{ last: number | null }>(
    `with next as (
       select ctid as row, $3 + row_number() over (order by sha256(convert_to($2 || unit, 'UTF8')), unit) as place
       from flash_sale_places where sale_id = $1 and place is null and left_at is null
       order by place limit $4
     ), drawn as (
       update flash_sale_places p set place = next.place from next where p.ctid = next.row
     ) select max(place) as last from next`,
    [sale, seed, after, limit],
  );
  return drawn!.last;
}

/**
 * Lets in the next ones behind `head` who have not left; by where the rows are, as above.
 *
 * @returns how many they were, and the last one's place
 */
export async function admit(
  { query }: Queryable,
  sale: string,
  { head, limit, now }: { head: number; limit: number; now: number },
): Promise<{ count: number; last: number | null }> {
  const [admitted] = await query<{ count: number; last: number | null }>(
    `with next as (
       select ctid as row, place from flash_sale_places where sale_id = $1 and place > $2 and left_at is null
       order by place limit $3
     ), admitted as (
       update flash_sale_places p set admitted_at = $4 from next where p.ctid = next.row
     ) select count(*), max(place) as last from next`,
    [sale, head, limit, now],
    "flash-sale-admit",
  );
  return admitted!;
}

/** Whose turn it is: let in after `since`, and not gone. */
export async function listInside({ query }: Queryable, sale: string, since: number): Promise<string[]> {
  const rows = await query<{ unit: string }>(
    "select unit from flash_sale_places where sale_id = $1 and admitted_at > $2 and left_at is null",
    [sale, since],
    "flash-sale-inside",
  );
  return rows.map(({ unit }) => unit);
}

export async function leave({ query }: Queryable, { sale, unit }: Key, now: number): Promise<void> {
  await query(
    "update flash_sale_places set left_at = $3 where sale_id = $1 and unit = $2 and left_at is null",
    [sale, unit, now],
  );
}

export async function deletePlacesOf({ query }: Queryable, unit: string): Promise<void> {
  await query("delete from flash_sale_places where unit = $1", [unit]);
}

/** Of sales that ended before then, at most so many; who is written meanwhile goes the next time. @returns how many there were */
export async function deletePlaces(
  { query }: Queryable,
  { endedBefore, limit }: { endedBefore: number; limit: number },
): Promise<number> {
  const rows = await query(
    // By where they lie: by their keys each would be looked for among all, where the database has counted nothing yet.
    `delete from flash_sale_places where ctid = any (array(
       select ctid from flash_sale_places
       where sale_id in (select sale_id from flash_sale_queues where ended_at < $1) limit $2
     )) returning 1`,
    [endedBefore, limit],
  );
  return rows.length;
}

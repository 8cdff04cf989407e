import type { Queryable } from "../../platform/database/database.ts";
import { lockLevels } from "./reservation-store.ts";
import type { Bucket } from "./shelves.ts";

// The SQL of levels that are split, one statement each.

/** All rows of these skus, until the transaction ends. */
export function lockBuckets(tx: Queryable, skus: readonly string[]): Promise<Bucket[]> {
  return lockLevels(tx, skus);
}

type Part = Pick<Bucket, "sku" | "location" | "bucket" | "onHand">;

/** Of levels that are one row, and held. What is reserved of them, and on its way, stays in the first part. */
export async function splitLevels(
  { query }: Queryable,
  parts: readonly Part[],
  buckets: number,
): Promise<void> {
  await query(
    `insert into stock_levels (sku, location, bucket, buckets, on_hand)
     select sku, location, bucket, $5, on_hand
     from unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[]) as part (sku, location, bucket, on_hand)
     on conflict (tenant_id, sku, location, bucket) do update set on_hand = excluded.on_hand, buckets = excluded.buckets`,
    [
      parts.map(({ sku }) => sku),
      parts.map(({ location }) => location),
      parts.map(({ bucket }) => bucket),
      parts.map(({ onHand }) => onHand),
      buckets,
    ],
  );
}

/** Of levels that are held, whether they are split or not. */
export async function mergeLevels({ query }: Queryable, skus: readonly string[]): Promise<void> {
  await query(
    `with gone as (
       delete from stock_levels where sku = any($1) and bucket > 0 returning sku, location, on_hand, reserved
     ), sums as (
       select sku, location, sum(on_hand) as on_hand, sum(reserved) as reserved from gone group by sku, location
     )
     update stock_levels l set on_hand = l.on_hand + sums.on_hand, reserved = l.reserved + sums.reserved, buckets = 1
     from sums where l.sku = sums.sku and l.location = sums.location and l.bucket = 0`,
    [skus],
  );
}

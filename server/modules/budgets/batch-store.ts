import type { Queryable } from "../../platform/database/database.ts";

// The SQL of batches of codes, one statement each. Times are epoch milliseconds.

export type StoredBatch = {
  id: string;
  campaign: string;
  prefix: string;
  maxUses: number;
  count: number;
  made: number;
  next: number;
  /** Encrypted; null when it is forgotten. */
  seed: string | null;
  forgetAt: number | null;
  createdAt: number;
};

const BATCH = `batch_id as id, campaign_id as campaign, prefix, max_uses as "maxUses", count, made, next, seed,
  forget_at as "forgetAt", created_at as "createdAt"`;

export async function insertBatch(
  { query }: Queryable,
  batch: Pick<StoredBatch, "id" | "campaign" | "prefix" | "maxUses" | "count" | "createdAt"> & {
    seed: string;
  },
): Promise<void> {
  const { id, campaign, prefix, maxUses, count, seed, createdAt } = batch;
  await query(
    `insert into coupon_batches (batch_id, campaign_id, prefix, max_uses, count, seed, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, campaign, prefix, maxUses, count, seed, createdAt],
  );
}

export async function findBatch({ query }: Queryable, id: string): Promise<StoredBatch | undefined> {
  return (await query<StoredBatch>(`select ${BATCH} from coupon_batches where batch_id = $1`, [id]))[0];
}

/** The newest first. */
export function listBatches({ query }: Queryable, campaign: string, limit: number): Promise<StoredBatch[]> {
  return query<StoredBatch>(
    `select ${BATCH} from coupon_batches where campaign_id = $1 order by created_at desc, batch_id limit $2`,
    [campaign, limit],
  );
}

/** Those of which codes are missing, the oldest first. */
export async function listMaking({ query }: Queryable, limit: number): Promise<string[]> {
  const rows = await query<{ id: string }>(
    "select batch_id as id from coupon_batches where made < count order by created_at, batch_id limit $1",
    [limit],
  );
  return rows.map(({ id }) => id);
}

/** Holds one that nobody else makes codes of, until the transaction ends. */
export async function lockMaking({ query }: Queryable, id: string): Promise<StoredBatch | undefined> {
  const sql = `select ${BATCH} from coupon_batches where batch_id = $1 and made < count for update skip locked`;
  return (await query<StoredBatch>(sql, [id]))[0];
}

/** Those that nobody has yet. `from`: the number of the first one. @returns how many */
export async function insertBatchCodes(
  { query }: Queryable,
  { id, campaign, maxUses }: Pick<StoredBatch, "id" | "campaign" | "maxUses">,
  from: number,
  ids: readonly string[],
): Promise<number> {
  const [row] = await query<{ count: number }>(
    `with made as (
       insert into coupon_codes (campaign_id, code_id, max_uses, batch_id, number)
       select $1, code_id, $2, $3, $4 + place - 1 from unnest($5::text[]) with ordinality as given (code_id, place)
       on conflict do nothing returning 1
     ) select count(*)::int as count from made`,
    [campaign, maxUses, id, from, ids],
    "coupons-make",
  );
  return row!.count;
}

/** Of one that is held: how far it is, and when its seed is forgotten if that was all. */
export async function moveBatch(
  { query }: Queryable,
  { id, made, next, forgetAt }: Pick<StoredBatch, "id" | "made" | "next"> & { forgetAt: number },
): Promise<void> {
  await query(
    `update coupon_batches set made = $2, next = $3, forget_at = case when $2 = count then $4::bigint end
     where batch_id = $1`,
    [id, made, next, forgetAt],
  );
}

/** The numbers of its codes behind `after`, in their order. */
export async function listNumbers(
  { query }: Queryable,
  { id, after, limit }: { id: string; after: number; limit: number },
): Promise<number[]> {
  const rows = await query<{ number: number }>(
    "select number from coupon_codes where batch_id = $1 and number > $2 order by number limit $3",
    [id, after, limit],
  );
  return rows.map(({ number }) => number);
}

/** No later than it is already. */
export async function forgetBatch({ query }: Queryable, id: string, at: number): Promise<void> {
  await query("update coupon_batches set forget_at = least(forget_at, $2) where batch_id = $1", [id, at]);
}

/** What is due. */
export async function forgetSeeds({ query }: Queryable, now: number): Promise<void> {
  await query("update coupon_batches set seed = null where seed is not null and forget_at <= $1", [now]);
}

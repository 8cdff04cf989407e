import type { Queryable } from "../../platform/database/database.ts";

// The SQL of flash sales, one statement each. Times are epoch milliseconds.

export type Admission = { perSecond: number | null; atOnce: number | null };

export type StoredSale = Admission & {
  id: string;
  skus: string[];
  from: number;
  until: number;
  perCustomer: number;
  buckets: number;
  early: "lot" | "order";
  turnMs: number;
  revision: number;
  createdAt: number;
  updatedAt: number;
};

/** A sale and where its queue stands. */
export type SaleQueue = StoredSale & {
  joined: number;
  tail: number;
  head: number;
  creditedAt: number;
  seed: string | null;
  begunAt: number | null;
  endedAt: number | null;
};

const SALE = `s.sale_id as id, s.skus, s.from_at as "from", s.until_at as "until", s.per_customer as "perCustomer",
  s.buckets, s.early, s.per_second as "perSecond", s.at_once as "atOnce", s.turn_ms as "turnMs", s.revision,
  s.created_at as "createdAt", s.updated_at as "updatedAt"`;
const QUEUE = `q.joined, q.tail, q.head, q.credited_at as "creditedAt", q.seed, q.begun_at as "begunAt",
  q.ended_at as "endedAt"`;
const BOTH = "flash_sales s join flash_sale_queues q on q.tenant_id = s.tenant_id and q.sale_id = s.sale_id";

export async function findSale({ query }: Queryable, id: string): Promise<SaleQueue | undefined> {
  const sql = `select ${SALE}, ${QUEUE} from ${BOTH} where s.sale_id = $1`;
  return (await query<SaleQueue>(sql, [id], "flash-sale-find"))[0];
}

/** The newest first. */
export function listSales({ query }: Queryable, limit: number): Promise<SaleQueue[]> {
  return query<SaleQueue>(
    `select ${SALE}, ${QUEUE} from ${BOTH} order by s.from_at desc, s.sale_id limit $1`,
    [limit],
  );
}

/** Those that begin by then and have not ended. */
export function listCurrent({ query }: Queryable, by: number): Promise<SaleQueue[]> {
  return query<SaleQueue>(
    `select ${SALE}, ${QUEUE} from ${BOTH} where s.from_at <= $1 and q.ended_at is null order by s.sale_id`,
    [by],
    "flash-sale-current",
  );
}

/** Holds its queue until the transaction ends: nobody else gives places, lets in, begins, ends or changes it meanwhile. */
export async function lockSale({ query }: Queryable, id: string): Promise<SaleQueue | undefined> {
  const sql = `select ${SALE}, ${QUEUE} from ${BOTH} where s.sale_id = $1 for update`;
  return (await query<SaleQueue>(sql, [id], "flash-sale-lock"))[0];
}

type NewSale = Omit<StoredSale, "revision" | "createdAt">;

/** Nothing where somebody was faster. @returns whether it is there now by this */
export async function insertSale(tx: Queryable, sale: NewSale): Promise<boolean> {
  const rows = await tx.query(
    `insert into flash_sales (sale_id, skus, from_at, until_at, per_customer, early, per_second, at_once, turn_ms,
       updated_at, buckets, created_at, revision)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 1) on conflict do nothing returning 1`,
    valuesOf(sale),
  );
  if (rows.length > 0) await tx.query("insert into flash_sale_queues (sale_id) values ($1)", [sale.id]);
  return rows.length > 0;
}

/** Of one that is held. */
export async function updateSale({ query }: Queryable, sale: NewSale): Promise<void> {
  await query(
    `update flash_sales set skus = $2, from_at = $3, until_at = $4, per_customer = $5, early = $6,
       per_second = $7, at_once = $8, turn_ms = $9, updated_at = $10, buckets = $11, revision = revision + 1
     where sale_id = $1`,
    valuesOf(sale),
  );
}

/** With its queue. */
export async function deleteSale({ query }: Queryable, id: string): Promise<void> {
  await query("delete from flash_sales where sale_id = $1", [id]);
}

function valuesOf(sale: NewSale): unknown[] {
  const { id, skus, from, until, perCustomer, buckets, early, perSecond, atOnce, turnMs, updatedAt } = sale;
  return [id, skus, from, until, perCustomer, early, perSecond, atOnce, turnMs, updatedAt, buckets];
}

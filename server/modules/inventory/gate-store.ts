import type { Queryable } from "../../platform/database/database.ts";
import { lockLevels } from "./reservation-store.ts";

// The SQL of the gate, one statement each.

export async function findEpoch({ query }: Queryable): Promise<string | undefined> {
  return (await query<{ epoch: string }>("select epoch from stock_gates"))[0]?.epoch;
}

/** @returns whether it was `before`: of several that want to replace it one does */
export async function replaceEpoch(
  { query }: Queryable,
  { before, epoch, now }: { before: string | undefined; epoch: string; now: number },
): Promise<boolean> {
  const rows = await query(
    `insert into stock_gates as gate (epoch, begun_at) values ($1, $2)
     on conflict (tenant_id) do update set epoch = excluded.epoch, begun_at = excluded.begun_at
     where gate.epoch = $3
     returning epoch`,
    [epoch, now, before ?? null],
  );
  return rows.length === 1;
}

/** In one look: where an order is there, its pieces are off the levels. */
export async function look(
  { query }: Queryable,
  { orders, skus }: { orders: readonly string[]; skus: readonly string[] },
): Promise<{ orders: Set<string>; levels: Map<string, number> }> {
  const rows = await query<{ name: string; available: number | null }>(
    `select order_id as name, null::bigint as available from reservations where order_id = any($1)
     union all
     select sku, sum(on_hand - reserved)::bigint from stock_levels where sku = any($2) group by sku`,
    [orders, skus],
    "inventory-gate-look",
  );
  const found = rows.filter(({ available }) => available === null).map(({ name }) => name);
  const levels = rows.flatMap(({ name, available }) =>
    available === null ? [] : [[name, available] as const],
  );
  return { orders: new Set(found), levels: new Map(levels) };
}

/** Of each that was ever in stock. */
export async function readAvailable(
  { query }: Queryable,
  skus: readonly string[],
): Promise<{ sku: string; available: number }[]> {
  return query(
    `select sku, sum(on_hand - reserved)::bigint as available from stock_levels where sku = any($1) group by sku`,
    [skus],
  );
}

/** To be asked when the levels are held, so that the number is greater than that of whoever held them before. */
export async function nextRevision({ query }: Queryable): Promise<number> {
  const [row] = await query<{ revision: number }>("select nextval('stock_revisions') as revision");
  return row!.revision;
}

/** Held until the transaction ends. */
export async function holdAvailable(tx: Queryable, skus: readonly string[]) {
  const levels = await lockLevels(tx, skus);
  return { levels, revision: await nextRevision(tx) };
}

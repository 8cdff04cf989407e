import type { Queryable } from "../../platform/database/database.ts";
import type { PreviewView } from "./schema.ts";
import type { Before } from "./settle.ts";
import type { UnitRange } from "./share.ts";

// The SQL of returns, one statement each. Amounts are minor units, times epoch milliseconds.

/** In one statement, so that counts of lines are never older than the number. */
export async function findBefore({ query }: Queryable, order: string): Promise<Before> {
  const [row] = await query<Omit<Before, "returned"> & { returned: Record<string, number> }>(
    `select number, refunded, kept_back as "keptBack", coalesce(
       (select json_object_agg(line_id, returned) from order_return_lines l where l.order_id = s.order_id), '{}') as returned
     from order_return_sums s where order_id = $1`,
    [order],
  );
  if (row === undefined) return { number: 0, refunded: 0, keptBack: 0, returned: new Map() };
  return { ...row, returned: new Map(Object.entries(row.returned)) };
}

export type NewSums = { order: string; number: number; total: number; refund: number; keptBack: number };

/** The return that follows the one before `number`. @returns whether no other one has followed it */
export async function addToSums(
  { query }: Queryable,
  { order, number, total, refund, keptBack }: NewSums,
): Promise<boolean> {
  const rows = await query(
    `insert into order_return_sums as s (order_id, number, total, refunded, kept_back)
     values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, order_id) do update
       set number = excluded.number, refunded = s.refunded + excluded.refunded, kept_back = s.kept_back + excluded.kept_back
       where s.number = excluded.number - 1
     returning order_id`,
    [order, number, total, refund, keptBack],
  );
  return rows.length > 0;
}

export async function addToLines(
  { query }: Queryable,
  order: string,
  lines: readonly (Pick<UnitRange, "line" | "units"> & { quantity: number })[],
): Promise<void> {
  await query(
    `insert into order_return_lines as l (order_id, line_id, quantity, returned)
     select $1, line, quantity, units from unnest($2::text[], $3::bigint[], $4::bigint[]) as given (line, quantity, units)
     order by line
     on conflict (tenant_id, order_id, line_id) do update set returned = l.returned + excluded.returned`,
    [
      order,
      lines.map(({ line }) => line),
      lines.map(({ quantity }) => quantity),
      lines.map(({ units }) => units),
    ],
  );
}

export type NewReturn = {
  order: string;
  number: number;
  reason: string;
  restock: string | null;
  settlement: PreviewView;
  actor: string;
  at: number;
};

export async function insertReturn({ query }: Queryable, made: NewReturn): Promise<void> {
  const { order, number, reason, restock, settlement, actor, at } = made;
  await query(
    `insert into order_returns (order_id, number, reason, restock, settlement, actor_id, at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [order, number, reason, restock, JSON.stringify(settlement), actor, at],
  );
}

export function listReturns(
  { query }: Queryable,
  order: string,
): Promise<Pick<NewReturn, "number" | "reason" | "restock" | "settlement" | "at">[]> {
  return query(
    "select number, reason, restock, settlement, at from order_returns where order_id = $1 order by number",
    [order],
  );
}

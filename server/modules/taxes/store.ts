import type { Queryable } from "../../platform/database/database.ts";

// The SQL of tax tables, one statement each. Rates are parts per million, times epoch milliseconds.

export type StoredRate = { taxClass: string; ppm: number; from: number; until: number | null };

export type StoredTable = { region: string; rates: StoredRate[]; revision: number; updatedAt: number };

const TABLE = `t.region, t.revision, t.updated_at as "updatedAt", (
    select coalesce(jsonb_agg(jsonb_build_object('taxClass', r.tax_class, 'ppm', r.rate_ppm, 'from', r.valid_from,
      'until', r.valid_until) order by r.tax_class, r.valid_from), '[]')
    from tax_rates r where r.region = t.region
  ) as rates`;

export function listTables({ query }: Queryable): Promise<StoredTable[]> {
  return query<StoredTable>(`select ${TABLE} from tax_tables t order by t.region`);
}

export async function findTable({ query }: Queryable, region: string): Promise<StoredTable | undefined> {
  return (await query<StoredTable>(`select ${TABLE} from tax_tables t where t.region = $1`, [region]))[0];
}

/** Holds the table, if there is one, until the transaction ends. */
export async function lockTable(
  { query }: Queryable,
  region: string,
): Promise<{ revision: number } | undefined> {
  const sql = "select revision from tax_tables where region = $1 for update";
  return (await query<{ revision: number }>(sql, [region]))[0];
}

/** Nothing where somebody was faster. @returns whether it is there now by this */
export async function insertTable({ query }: Queryable, region: string, now: number): Promise<boolean> {
  const rows = await query(
    `insert into tax_tables (region, revision, updated_at) values ($1, 1, $2) on conflict do nothing returning region`,
    [region, now],
  );
  return rows.length > 0;
}

export async function countChange({ query }: Queryable, region: string, now: number): Promise<void> {
  const sql = "update tax_tables set revision = revision + 1, updated_at = $2 where region = $1";
  await query(sql, [region, now]);
}

/** Of a table that is held: these and no others. */
export async function replaceRates(
  { query }: Queryable,
  region: string,
  rates: readonly StoredRate[],
): Promise<void> {
  await Promise.all([
    query("delete from tax_rates where region = $1", [region]),
    query(
      `insert into tax_rates (region, tax_class, rate_ppm, valid_from, valid_until)
       select $1, "taxClass", ppm, "from", "until"
       from jsonb_to_recordset($2::jsonb) as given ("taxClass" text, ppm int, "from" bigint, "until" bigint)`,
      [region, JSON.stringify(rates)],
    ),
  ]);
}

/** With its rates. */
export async function deleteTable({ query }: Queryable, region: string): Promise<void> {
  await query("delete from tax_tables where region = $1", [region]);
}

/** Of each class the rate at an instant that the first of these regions has. */
export function resolveRates(
  { query }: Queryable,
  { classes, regions, at }: { classes: readonly string[]; regions: readonly string[]; at: number },
): Promise<{ taxClass: string; ppm: number }[]> {
  return query<{ taxClass: string; ppm: number }>(
    `select distinct on (r.tax_class) r.tax_class as "taxClass", r.rate_ppm as ppm
     from unnest($2::text[]) with ordinality as around (region, distance)
     join tax_rates r on r.region = around.region
     where r.tax_class = any($1) and r.valid_from <= $3 and (r.valid_until is null or $3 < r.valid_until)
     order by r.tax_class, around.distance`,
    [classes, regions, at],
    "taxes-resolve",
  );
}

import type { Queryable } from "../../platform/database/database.ts";
import type { ImportView } from "./schema.ts";
import type { NewProduct, NewVariant } from "./store.ts";

// The SQL of imports, one statement each. Times are epoch milliseconds.

export type Counts = { read: number; written: number; unchanged: number; refused: number };

/** A row of the file that is right by itself. */
export type StagedRow = { number: number; line: number; variant: NewVariant };

const IMPORT = `id, format, mode, dry_run as "dryRun", state, jsonb_build_object('read', rows_read, 'written', rows_written,
  'unchanged', rows_unchanged, 'refused', rows_refused) as rows, errors, started_at as "startedAt", ended_at as "endedAt"`;
export type ImportRow = Omit<ImportView, "endedAt"> & { endedAt: number | null };

export async function insertImport(
  { query }: Queryable,
  {
    id,
    format,
    mode,
    dryRun,
    startedAt,
  }: Pick<ImportView, "id" | "format" | "mode" | "dryRun" | "startedAt">,
  actor: string,
): Promise<void> {
  await query(
    `insert into catalog_imports (id, format, mode, dry_run, state, actor_id, started_at, seen_at)
     values ($1, $2, $3, $4, 'reading', $5, $6, $6)`,
    [id, format, mode, dryRun, actor, startedAt],
  );
}

export async function findImport({ query }: Queryable, id: string): Promise<ImportRow | undefined> {
  return (await query<ImportRow>(`select ${IMPORT} from catalog_imports where id = $1`, [id]))[0];
}

/** How far it is. @returns false where it has ended meanwhile: nobody may go on with it */
export async function updateImport(
  { query }: Queryable,
  { id, state, rows, errors, endedAt }: Omit<ImportRow, "format" | "mode" | "dryRun" | "startedAt">,
  now: number,
): Promise<boolean> {
  const updated = await query(
    `update catalog_imports set state = $2, rows_read = $3, rows_written = $4, rows_unchanged = $5, rows_refused = $6,
       errors = $7::jsonb, ended_at = $8, seen_at = $9
     where id = $1 and state in ('reading', 'writing') returning id`,
    [id, state, rows.read, rows.written, rows.unchanged, rows.refused, JSON.stringify(errors), endedAt, now],
  );
  return updated.length > 0;
}

/** Holds it until the transaction ends: nobody takes it for given up. @returns false where somebody has */
export async function lockImport({ query }: Queryable, id: string): Promise<boolean> {
  const sql = "select id from catalog_imports where id = $1 and state = 'writing' for update";
  return (await query(sql, [id])).length > 0;
}

export async function touchImport({ query }: Queryable, id: string, now: number): Promise<void> {
  await query("update catalog_imports set seen_at = $2 where id = $1", [id, now]);
}

/** Ends those of which no process has said anything since. */
export async function interruptImports(
  { query }: Queryable,
  { before, now }: { before: number; now: number },
): Promise<void> {
  await query(
    `update catalog_imports set state = 'interrupted', ended_at = $2 where id in (
       select id from catalog_imports where state in ('reading', 'writing') and seen_at < $1 for update skip locked)`,
    [before, now],
  );
}

/** What was staged by those that have ended. */
export async function deleteStaged({ query }: Queryable): Promise<void> {
  const ended = "select id from catalog_imports where state not in ('reading', 'writing')";
  await query(`delete from catalog_import_rows where import_id in (${ended})`);
  await query(`delete from catalog_import_products where import_id in (${ended})`);
}

export async function deleteImports({ query }: Queryable, before: number): Promise<void> {
  await query("delete from catalog_imports where ended_at < $1", [before]);
}

/** @returns the numbers of those rows whose sku no other row had before */
export async function stageRows(
  { query }: Queryable,
  id: string,
  rows: readonly StagedRow[],
): Promise<number[]> {
  const staged = await query<{ number: number }>(
    `insert into catalog_import_rows (import_id, sku, number, line, product_id, variant)
     select $1, variant->>'sku', number, line, variant->>'productId', variant
     from jsonb_to_recordset($2::jsonb) as given (number bigint, line bigint, variant jsonb) order by number
     on conflict do nothing returning number`,
    [id, JSON.stringify(rows)],
  );
  return staged.map(({ number }) => number);
}

/** @returns the numbers of those rows that say of their product what another did not say before */
export async function stageProducts(
  { query }: Queryable,
  id: string,
  products: readonly { number: number; product: NewProduct }[],
): Promise<number[]> {
  const given = JSON.stringify(products);
  await query(
    `insert into catalog_import_products (import_id, product_id, product)
     select $1, product->>'id', product
     from jsonb_to_recordset($2::jsonb) as given (number bigint, product jsonb) order by number
     on conflict do nothing`,
    [id, given],
  );
  const others = await query<{ number: number }>(
    `select number from jsonb_to_recordset($2::jsonb) as given (number bigint, product jsonb)
     join catalog_import_products p on p.import_id = $1 and p.product_id = given.product->>'id'
     where p.product <> given.product`,
    [id, given],
  );
  return others.map(({ number }) => number);
}

export async function unstageRows(
  { query }: Queryable,
  id: string,
  numbers: readonly number[],
): Promise<void> {
  await query("delete from catalog_import_rows where import_id = $1 and number = any($2)", [id, numbers]);
}

/** Unstages the rows whose product is in no row and not in the catalog. @returns how many, and the first of them */
export async function unstageWithoutProduct(
  { query }: Queryable,
  id: string,
  limit: number,
): Promise<{ count: number; first: { number: number; line: number; productId: string }[] }> {
  const [gone] = await query<{ count: number; first: { number: number; line: number; productId: string }[] }>(
    `with gone as (
       -- Looked up one by one: of rows that are this new the database believes that there are few, and would join them so.
       delete from catalog_import_rows r where r.import_id = $1 and coalesce(
         (select true from catalog_import_products i where i.import_id = $1 and i.product_id = r.product_id),
         (select true from products p where p.product_id = r.product_id), false) = false
       returning number, line, product_id as "productId"
     ), first as (select * from gone order by number limit $2)
     select (select count(*) from gone) as count,
       coalesce((select jsonb_agg(to_jsonb(first) order by number) from first), '[]') as first`,
    [id, limit],
  );
  return gone!;
}

/** In the order of their ids, so that no two changes wait for each other. */
export async function listStagedProducts(
  { query }: Queryable,
  page: { id: string; after: string; limit: number },
): Promise<NewProduct[]> {
  const rows = await query<{ product: NewProduct }>(
    `select product from catalog_import_products where import_id = $1 and product_id > $2 order by product_id limit $3`,
    [page.id, page.after, page.limit],
  );
  return rows.map(({ product }) => product);
}

export async function listStagedVariants(
  { query }: Queryable,
  page: { id: string; after: string; limit: number },
): Promise<NewVariant[]> {
  const rows = await query<{ variant: NewVariant }>(
    "select variant from catalog_import_rows where import_id = $1 and sku > $2 order by sku limit $3",
    [page.id, page.after, page.limit],
  );
  return rows.map(({ variant }) => variant);
}

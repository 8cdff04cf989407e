import type { Queryable } from "../../platform/database/database.ts";

// The SQL of skus, one statement each. Amounts are minor units, times epoch milliseconds.

export type SkuRow = {
  sku: string;
  productId: string;
  name: string;
  categories: string[];
  currency: string;
  listPrice: number;
  unitCost: number | null;
  minUnitPrice: number | null;
  stock: number | null;
  attributes: Record<string, string | number | boolean>;
  updatedAt: number;
};

export type SkuHead = { revision: number; deletedRevision: number; currency: string | null };

const HEAD = `revision, deleted_revision as "deletedRevision", currency`;
const SKU = `sku, product_id as "productId", name, categories, currency, list_price as "listPrice",
  unit_cost as "unitCost", min_unit_price as "minUnitPrice", stock, attributes, updated_at as "updatedAt"`;

export async function findSkuHead({ query }: Queryable): Promise<SkuHead | undefined> {
  return (await query<SkuHead>(`select ${HEAD} from sku_heads`))[0];
}

/** Holds the row until the transaction ends, counts one change, and sets the currency where there is none yet. */
export async function countChange(
  { query }: Queryable,
  { isDeletion, currency }: { isDeletion: boolean; currency: string | null },
): Promise<SkuHead> {
  const [head] = await query<SkuHead>(
    `insert into sku_heads as known (revision, deleted_revision, currency) values (1, case when $1 then 1 else 0 end, $2)
     on conflict (tenant_id) do update set revision = known.revision + 1,
       deleted_revision = case when $1 then known.revision + 1 else known.deleted_revision end,
       currency = coalesce(known.currency, $2)
     returning ${HEAD}`,
    [isDeletion, currency],
  );
  return head!;
}

/** Puts skus in the place of those of their names. */
export async function putSkus(
  { query }: Queryable,
  rows: readonly SkuRow[],
  revision: number,
): Promise<void> {
  await query(
    `insert into skus (sku, product_id, name, categories, currency, list_price, unit_cost, min_unit_price, stock,
       attributes, revision, updated_at)
     select sku, "productId", name, categories, currency, "listPrice", "unitCost", "minUnitPrice", stock, attributes,
       $2, "updatedAt"
     from jsonb_to_recordset($1::jsonb) as given (sku text, "productId" text, name text, categories text[], currency text,
       "listPrice" bigint, "unitCost" bigint, "minUnitPrice" bigint, stock bigint, attributes jsonb, "updatedAt" bigint)
     on conflict (tenant_id, sku) do update set product_id = excluded.product_id, name = excluded.name,
       categories = excluded.categories, currency = excluded.currency, list_price = excluded.list_price,
       unit_cost = excluded.unit_cost, min_unit_price = excluded.min_unit_price, stock = excluded.stock,
       attributes = excluded.attributes, revision = excluded.revision, updated_at = excluded.updated_at`,
    [JSON.stringify(rows), revision],
  );
}

export async function setStock(
  { query }: Queryable,
  { sku, stock, revision, now }: { sku: string; stock: number | null; revision: number; now: number },
): Promise<SkuRow | undefined> {
  const rows = await query<SkuRow>(
    `update skus set stock = $2, revision = $3, updated_at = $4 where sku = $1 returning ${SKU}`,
    [sku, stock, revision, now],
  );
  return rows[0];
}

export async function deleteSku({ query }: Queryable, sku: string): Promise<boolean> {
  return (await query("delete from skus where sku = $1 returning sku", [sku])).length > 0;
}

export async function findSku({ query }: Queryable, sku: string): Promise<SkuRow | undefined> {
  return (await query<SkuRow>(`select ${SKU} from skus where sku = $1`, [sku]))[0];
}

/** In the order of their names, those behind `after`. */
export function listSkus(
  { query }: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<SkuRow[]> {
  return query<SkuRow>(`select ${SKU} from skus where sku > $1 order by sku limit $2`, [after, limit]);
}

/** Those that were changed after a revision. */
export function listChangedSkus({ query }: Queryable, revision: number): Promise<SkuRow[]> {
  return query<SkuRow>(`select ${SKU} from skus where revision > $1`, [revision]);
}

/** Of the skus one that the catalog says everything of. */
export async function findFromCatalog(
  { query }: Queryable,
  skus: readonly string[],
): Promise<string | undefined> {
  const sql = "select sku from skus where sku = any($1) and from_catalog order by sku limit 1";
  return (await query<{ sku: string }>(sql, [skus]))[0]?.sku;
}

/** Holds the row until the transaction ends. */
export async function lockSkuHead({ query }: Queryable): Promise<SkuHead> {
  await query("insert into sku_heads default values on conflict do nothing");
  return (await query<SkuHead>(`select ${HEAD} from sku_heads for update`))[0]!;
}

export async function updateSkuHead({ query }: Queryable, head: SkuHead): Promise<void> {
  await query("update sku_heads set revision = $1, deleted_revision = $2, currency = $3", [
    head.revision,
    head.deletedRevision,
    head.currency,
  ]);
}

/** Of the first price that the first of these skus with one has in the catalog. */
export async function findCatalogCurrency(
  { query }: Queryable,
  skus: readonly string[],
): Promise<string | undefined> {
  const sql = `select said.currency from unnest($1::text[]) as asked (name) cross join lateral (
      select currency from catalog_skus where sku = asked.name order by position limit 1
    ) as said order by asked.name limit 1`;
  return (await query<{ currency: string }>(sql, [skus]))[0]?.currency;
}

/** Makes these skus what the catalog says, but for their stock. What it says no more of, and had, is gone. */
export async function followCatalog(
  { query }: Queryable,
  {
    skus,
    currency,
    revision,
    now,
  }: { skus: readonly string[]; currency: string; revision: number; now: number },
): Promise<{ put: string[]; deleted: string[] }> {
  const [changed] = await query<{ put: string[]; deleted: string[] }>(
    `with said as materialized (
       -- Looked up one by one: joined as a whole, some thousand skus cost as much as all that a shop has.
       select said.* from unnest($1::text[]) as asked (name) cross join lateral (
         select sku, product_id, name, categories, currency, unit_price, unit_cost, min_unit_price, attributes
         from catalog_skus where sku = asked.name and currency = $2 offset 0
       ) as said
     ), put as (
       insert into skus (sku, product_id, name, categories, currency, list_price, unit_cost, min_unit_price, attributes,
         from_catalog, revision, updated_at)
       select said.*, true, $3, $4 from said left join skus k on k.sku = said.sku
       where k.sku is null or not k.from_catalog
         or (k.product_id, k.name, k.categories, k.currency, k.list_price, k.unit_cost, k.min_unit_price, k.attributes)
           is distinct from (said.product_id, said.name, said.categories, said.currency, said.unit_price, said.unit_cost,
             said.min_unit_price, said.attributes)
       on conflict (tenant_id, sku) do update set product_id = excluded.product_id, name = excluded.name,
         categories = excluded.categories, currency = excluded.currency, list_price = excluded.list_price,
         unit_cost = excluded.unit_cost, min_unit_price = excluded.min_unit_price, attributes = excluded.attributes,
         from_catalog = true, revision = excluded.revision, updated_at = excluded.updated_at
       returning sku
     ), gone as (
       delete from skus where from_catalog and sku = any(array(select unnest($1::text[]) except select sku from said))
       returning sku
     )
     select coalesce((select array_agg(sku order by sku) from put), '{}') as put,
       coalesce((select array_agg(sku order by sku) from gone), '{}') as deleted`,
    [skus, currency, revision, now],
  );
  return changed!;
}

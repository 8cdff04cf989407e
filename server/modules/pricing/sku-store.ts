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

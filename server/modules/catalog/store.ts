import type { Queryable } from "../../platform/database/database.ts";
import type { Attributes, Price } from "./schema.ts";

// The SQL of products and variants, one statement each. Amounts are minor units, times epoch milliseconds.

export type ProductRow = {
  id: string;
  name: string;
  categories: string[];
  attributes: Attributes;
  taxClass: string | null;
  revision: number;
  createdAt: number;
  updatedAt: number;
};

export type VariantRow = {
  sku: string;
  productId: string;
  name: string;
  attributes: Attributes;
  weightGrams: number | null;
  taxClass: string | null;
  prices: Price[];
  revision: number;
  createdAt: number;
  updatedAt: number;
};

type Stamps = "revision" | "createdAt" | "updatedAt";
export type NewProduct = Omit<ProductRow, Stamps>;
export type NewVariant = Omit<VariantRow, Stamps>;
type Change = { revision: number; now: number };

const PRODUCT = `product_id as id, name, categories, attributes, tax_class as "taxClass", revision,
  created_at as "createdAt", updated_at as "updatedAt"`;
/** As the shop gave them, in its order. */
const PRICES = (sku: string) => `(
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('currency', x.currency, 'unitPrice', x.unit_price,
    'unitCost', x.unit_cost, 'minUnitPrice', x.min_unit_price)) order by x.position), '[]')
  from variant_prices x where x.sku = ${sku})`;
const VARIANT = `v.sku, v.product_id as "productId", v.name, v.attributes, v.weight_grams as "weightGrams",
  v.tax_class as "taxClass", ${PRICES("v.sku")} as prices, v.revision, v.created_at as "createdAt",
  v.updated_at as "updatedAt"`;

/** Holds the catalog until the transaction ends, and counts one change. */
export async function countChange({ query }: Queryable): Promise<number> {
  const [head] = await query<{ revision: number }>(
    `insert into catalog_heads as known (revision) values (1)
     on conflict (tenant_id) do update set revision = known.revision + 1 returning revision`,
  );
  return head!.revision;
}

export async function findRevision({ query }: Queryable): Promise<number> {
  return (await query<{ revision: number }>("select revision from catalog_heads"))[0]?.revision ?? 0;
}

/** Those that become others. @returns their ids */
export async function putProducts(
  { query }: Queryable,
  products: readonly NewProduct[],
  { revision, now }: Change,
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `insert into products (product_id, name, categories, attributes, tax_class, revision, created_at, updated_at)
     select given.id, given.name, given.categories, given.attributes, given."taxClass", $2, $3, $3
     from jsonb_to_recordset($1::jsonb) as given (id text, name text, categories text[], attributes jsonb, "taxClass" text)
     left join lateral (select * from products where product_id = given.id offset 0) as p on true
     where p.product_id is null or (p.name, p.categories, p.attributes, p.tax_class)
       is distinct from (given.name, given.categories, given.attributes, given."taxClass")
     on conflict (tenant_id, product_id) do update set name = excluded.name, categories = excluded.categories,
       attributes = excluded.attributes, tax_class = excluded.tax_class, revision = excluded.revision,
       updated_at = excluded.updated_at
     returning product_id as id`,
    [JSON.stringify(products), revision, now],
  );
  return rows.map(({ id }) => id);
}

/** Those that become others, with all of their prices. @returns their skus */
export async function putVariants(
  { query }: Queryable,
  variants: readonly NewVariant[],
  { revision, now }: Change,
): Promise<string[]> {
  const rows = await query<{ sku: string }>(
    `with given as materialized (
       select given.* from jsonb_to_recordset($1::jsonb) as given (sku text, "productId" text, name text, attributes jsonb,
         "weightGrams" bigint, "taxClass" text, prices jsonb)
       left join lateral (select * from variants where sku = given.sku offset 0) as v on true
       where v.sku is null or (v.product_id, v.name, v.attributes, v.weight_grams, v.tax_class, ${PRICES("v.sku")})
         is distinct from (given."productId", given.name, given.attributes, given."weightGrams", given."taxClass", given.prices)
     ), priced as (
       select given.sku, price.position, price.value->>'currency' as currency, (price.value->>'unitPrice')::bigint as unit_price,
         (price.value->>'unitCost')::bigint as unit_cost, (price.value->>'minUnitPrice')::bigint as min_unit_price
       from given, jsonb_array_elements(given.prices) with ordinality as price (value, position)
     ), put as (
       insert into variants (sku, product_id, name, attributes, weight_grams, tax_class, revision, created_at, updated_at)
       select sku, "productId", name, attributes, "weightGrams", "taxClass", $2, $3, $3 from given
       on conflict (tenant_id, sku) do update set product_id = excluded.product_id, name = excluded.name,
         attributes = excluded.attributes, weight_grams = excluded.weight_grams, tax_class = excluded.tax_class,
         revision = excluded.revision, updated_at = excluded.updated_at
     ), unsaid as (
       -- Looked up one by one, and told by their places: whoever counts few rows of a tenant would join each with each.
       select x.place from given cross join lateral (
         select ctid as place, currency from variant_prices where sku = given.sku offset 0
       ) as x where not exists (select from jsonb_array_elements(given.prices) as price where price->>'currency' = x.currency)
     ), gone as (
       delete from variant_prices where ctid = any(array(select place from unsaid))
     ), put_prices as (
       insert into variant_prices (sku, currency, position, unit_price, unit_cost, min_unit_price)
       select sku, currency, position, unit_price, unit_cost, min_unit_price from priced
       on conflict (tenant_id, sku, currency) do update set position = excluded.position, unit_price = excluded.unit_price,
         unit_cost = excluded.unit_cost, min_unit_price = excluded.min_unit_price
     )
     select sku from given`,
    [JSON.stringify(variants), revision, now],
  );
  return rows.map(({ sku }) => sku);
}

/** Of those that a change made others some behind a sku, in order. */
export async function listChanged(
  { query }: Queryable,
  { revision, after, limit }: { revision: number; after: string; limit: number },
): Promise<string[]> {
  const rows = await query<{ sku: string }>(
    "select sku from variants where revision = $1 and sku > $2 order by sku limit $3",
    [revision, after, limit],
  );
  return rows.map(({ sku }) => sku);
}

/** Of those that are what they were, but for their products, which a change made others. */
export async function listOfChanged(
  { query }: Queryable,
  { revision, after, limit }: { revision: number; after: string; limit: number },
): Promise<string[]> {
  const rows = await query<{ sku: string }>(
    `select v.sku from products p cross join lateral (
       select sku from variants where product_id = p.product_id and revision <> $1 and sku > $2 offset 0
     ) as v where p.revision = $1 order by v.sku limit $3`,
    [revision, after, limit],
  );
  return rows.map(({ sku }) => sku);
}

export async function findProduct({ query }: Queryable, id: string): Promise<ProductRow | undefined> {
  return (await query<ProductRow>(`select ${PRODUCT} from products where product_id = $1`, [id]))[0];
}

export function listProducts(
  { query }: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<ProductRow[]> {
  const sql = `select ${PRODUCT} from products where product_id > $1 order by product_id limit $2`;
  return query<ProductRow>(sql, [after, limit]);
}

export async function hasVariants({ query }: Queryable, id: string): Promise<boolean> {
  return (await query("select from variants where product_id = $1 limit 1", [id])).length > 0;
}

export async function deleteProduct({ query }: Queryable, id: string): Promise<void> {
  await query("delete from products where product_id = $1", [id]);
}

export async function findVariant({ query }: Queryable, sku: string): Promise<VariantRow | undefined> {
  return (await query<VariantRow>(`select ${VARIANT} from variants v where v.sku = $1`, [sku]))[0];
}

/** In the order of their skus, those behind `after`. */
export function listVariants(
  { query }: Queryable,
  { after, limit, product }: { after: string; limit: number; product: string | undefined },
): Promise<VariantRow[]> {
  const [of, more] = product === undefined ? ["", []] : ["and v.product_id = $3", [product]];
  const sql = `select ${VARIANT} from variants v where v.sku > $1 ${of} order by v.sku limit $2`;
  return query<VariantRow>(sql, [after, limit, ...more]);
}

export async function deleteVariant({ query }: Queryable, sku: string): Promise<void> {
  await query("delete from variants where sku = $1", [sku]);
}

export async function listKnown({ query }: Queryable, skus: readonly string[]): Promise<string[]> {
  const rows = await query<{ sku: string }>("select sku from variants where sku = any($1)", [skus]);
  return rows.map(({ sku }) => sku);
}

export type ResolvedRow = {
  sku: string;
  productId: string;
  name: string;
  categories: string[];
  attributes: Attributes;
  taxClass: string | null;
  weightGrams: number | null;
  unitPrice: number;
  unitCost: number | null;
  minUnitPrice: number | null;
};

/** What is sold in a currency, and of which revision of the catalog that is: one moment's. */
export async function resolve(
  { query }: Queryable,
  skus: readonly string[],
  currency: string,
): Promise<{ revision: number; rows: ResolvedRow[] }> {
  const found = await query<ResolvedRow & { revision: number; sku: string | null }>(
    `select h.revision, s.sku, s.product_id as "productId", s.name, s.categories, s.attributes, s.tax_class as "taxClass",
       s.weight_grams as "weightGrams", s.unit_price as "unitPrice", s.unit_cost as "unitCost",
       s.min_unit_price as "minUnitPrice"
     from catalog_heads h left join catalog_skus s on s.sku = any($1) and s.currency = $2`,
    [skus, currency],
    "catalog-resolve",
  );
  return { revision: found[0]?.revision ?? 0, rows: found.filter(({ sku }) => sku !== null) };
}

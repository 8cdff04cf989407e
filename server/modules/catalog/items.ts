import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { type Condition, checkCondition } from "../../platform/revision.ts";
import type { By } from "../../platform/scope.ts";
import type { Changes } from "./change.ts";
import type { ProductFields, ProductView, VariantFields, VariantView } from "./schema.ts";
import * as store from "./store.ts";

type Dependencies = { database: Database; changes: Changes; clock: Clock; learn: (revision: number) => void };

/** Products and variants, one at a time. */
export function createItems({ database, changes, clock, learn }: Dependencies) {
  type Work<T> = Parameters<typeof changes.makeIn<T>>[2];

  async function make<T>(by: By, prepare: (tx: Parameters<typeof changes.makeIn>[0]) => Work<T>): Promise<T> {
    const { result, revision } = await database.transaction((tx) => changes.makeIn(tx, by, prepare(tx)));
    learn(revision);
    return result;
  }

  return {
    /** @throws HaggleError SERVER_CHANGED */
    putProduct(id: string, fields: ProductFields, condition: Condition, by: By): Promise<ProductView> {
      return make(by, (tx) => async (revision) => {
        checkCondition(await store.findProduct(tx, id), condition);
        await store.putProducts(tx, [toNewProduct(id, fields)], { revision, now: clock() });
        const result = toProductView((await store.findProduct(tx, id))!);
        return {
          result,
          news: { action: "catalog.product_put", object: `product:${id}`, data: { product: id } },
        };
      });
    },
    /** @throws HaggleError CATALOG_UNKNOWN_PRODUCT, SERVER_CHANGED, CATALOG_PRODUCT_IN_USE */
    async removeProduct(id: string, condition: Condition, by: By): Promise<void> {
      await make(by, (tx) => async () => {
        const before = await store.findProduct(tx, id);
        checkCondition(before, condition);
        if (before === undefined) throw refuse("CATALOG_UNKNOWN_PRODUCT", "id", id);
        if (await store.hasVariants(tx, id)) throw refuse("CATALOG_PRODUCT_IN_USE", "id", id);
        await store.deleteProduct(tx, id);
        const news = { action: "catalog.product_deleted", object: `product:${id}`, data: { product: id } };
        return { result: undefined, news };
      });
    },
    /** @throws HaggleError CATALOG_NO_PRODUCT, SERVER_CHANGED, CATALOG_DUPLICATE of a currency */
    putVariant(sku: string, fields: VariantFields, condition: Condition, by: By): Promise<VariantView> {
      const twice = findTwice(fields);
      if (twice !== undefined) {
        return Promise.reject(
          refuse("CATALOG_DUPLICATE", `prices[${twice}].currency`, fields.prices![twice]!.currency),
        );
      }
      return make(by, (tx) => async (revision) => {
        checkCondition(await store.findVariant(tx, sku), condition);
        if ((await store.findProduct(tx, fields.productId)) === undefined) {
          throw refuse("CATALOG_NO_PRODUCT", "productId", fields.productId);
        }
        await store.putVariants(tx, [toNewVariant(sku, fields)], { revision, now: clock() });
        const result = toVariantView((await store.findVariant(tx, sku))!);
        return { result, news: { action: "catalog.variant_put", object: `sku:${sku}`, data: { sku } } };
      });
    },
    /** @throws HaggleError CATALOG_UNKNOWN_VARIANT, SERVER_CHANGED */
    async removeVariant(sku: string, condition: Condition, by: By): Promise<void> {
      await make(by, (tx) => async () => {
        const before = await store.findVariant(tx, sku);
        checkCondition(before, condition);
        if (before === undefined) throw refuse("CATALOG_UNKNOWN_VARIANT", "sku", sku);
        await store.deleteVariant(tx, sku);
        const news = { action: "catalog.variant_deleted", object: `sku:${sku}`, data: { sku } };
        return { result: undefined, deleted: [sku], news };
      });
    },
    /** @throws HaggleError CATALOG_UNKNOWN_PRODUCT */
    async getProduct(id: string): Promise<ProductView> {
      const row = await store.findProduct(database, id);
      if (row === undefined) throw refuse("CATALOG_UNKNOWN_PRODUCT", "id", id);
      return toProductView(row);
    },
    async listProducts(after: string, limit: number): Promise<ProductView[]> {
      return (await store.listProducts(database, { after, limit })).map(toProductView);
    },
    /** @throws HaggleError CATALOG_UNKNOWN_VARIANT */
    async getVariant(sku: string): Promise<VariantView> {
      const row = await store.findVariant(database, sku);
      if (row === undefined) throw refuse("CATALOG_UNKNOWN_VARIANT", "sku", sku);
      return toVariantView(row);
    },
    async listVariants(after: string, limit: number, product?: string): Promise<VariantView[]> {
      return (await store.listVariants(database, { after, limit, product })).map(toVariantView);
    },
  };
}

/** The place of a currency that has a price further up. */
export function findTwice({ prices = [] }: VariantFields): number | undefined {
  const seen = new Set<string>();
  const place = prices.findIndex(({ currency }) => seen.size === seen.add(currency).size);
  return place < 0 ? undefined : place;
}

export function toNewProduct(id: string, fields: ProductFields): store.NewProduct {
  const { name, categories = [], attributes = {}, taxClass = null } = fields;
  return { id, name, categories, attributes, taxClass };
}

export function toNewVariant(sku: string, fields: VariantFields): store.NewVariant {
  const { productId, name = "", attributes = {}, weightGrams = null, taxClass = null, prices = [] } = fields;
  return { sku, productId, name, attributes, weightGrams, taxClass, prices };
}

function toProductView({ taxClass, ...row }: store.ProductRow): ProductView {
  return { ...row, ...(taxClass !== null && { taxClass }) };
}

function toVariantView({ name, weightGrams, taxClass, ...row }: store.VariantRow): VariantView {
  return {
    ...row,
    ...(name !== "" && { name }),
    ...(weightGrams !== null && { weightGrams }),
    ...(taxClass !== null && { taxClass }),
  };
}

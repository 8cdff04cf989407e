import type { Catalog } from "../catalog/service.ts";
import type { Shipping } from "../shipping/service.ts";
import type { Catalogue, Means } from "./schema.ts";
import showcase from "./showcase.json" with { type: "json" };

type Dependencies = { catalog: Pick<Catalog, "resolve">; shipping: Pick<Shipping, "quote"> };

export type Showcase = ReturnType<typeof createShowcase>;

/** The page offers what takes the smallest parcel. */
const PARCEL = { weightGrams: 0, subtotal: 0 };

/** Where the page's shop is. */
export const PLACE = { currency: showcase.currency, region: showcase.region };

/**
 * What the page shows of what the shop sells, as far as the shop sells it: names and prices are the catalog's. `means`: by what may
 * be paid, where the page has a till.
 */
export function createShowcase({ catalog, shipping }: Dependencies, means: readonly Means[] = []) {
  const { currency, locale, region, products, segments, coupons } = showcase;
  const skus = listShown();
  return {
    async show(): Promise<Catalogue> {
      const [found, methods] = await Promise.all([
        catalog.resolve(skus, currency),
        shipping.quote({ region, currency, ...PARCEL }),
      ]);
      return {
        currency,
        locale,
        region,
        products: products.flatMap(({ sku, ...look }) => {
          const resolved = found.get(sku);
          if (resolved === undefined) return [];
          const { productId, name, categories, attributes, unitPrice } = resolved;
          return [{ sku, productId, name, categories: [...categories], attributes, unitPrice, ...look }];
        }),
        shipping: methods.map(({ id, method, price }) => ({ id, method, name: capitalize(method), price })),
        segments,
        coupons,
        means: [...means],
      };
    },
  };
}

/** In the page's order. */
export function listShown(): string[] {
  return showcase.products.map(({ sku }) => sku);
}

/** That the page proposes. */
export function listCoupons(): string[] {
  return showcase.coupons;
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

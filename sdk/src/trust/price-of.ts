import type { Price, Prices } from "@haggle/abi";

/** One map for each document: a page asks for every line of a cart, a server for pages of skus. */
const indexes = new WeakMap<Prices, ReadonlyMap<string, Price>>();

/**
 * What a sku costs by a prices document: the price of the customer's tier, else everybody's; undefined where the list price
 * holds. `prices` of a client are undefined once they have ended.
 *
 * @example
 * const unitPrice = priceOf(haggle.prices, line.sku, customer.tier)?.unitPrice ?? line.unitPrice;
 */
export function priceOf(prices: Prices | undefined, sku: string, tier?: string): Price | undefined {
  if (prices === undefined) return undefined;
  let index = indexes.get(prices);
  if (index === undefined) {
    index = new Map(prices.prices.map((price) => [keyOf(price.sku, price.tier), price]));
    indexes.set(prices, index);
  }
  return (tier === undefined ? undefined : index.get(keyOf(sku, tier))) ?? index.get(keyOf(sku));
}

function keyOf(sku: string, tier?: string): string {
  return tier === undefined ? sku : JSON.stringify([sku, tier]);
}

import { type Cart, type CartLine, MAX_LINES } from "@haggle/abi";
import type { PricedSku, Pricing } from "./pricer.ts";

/** Fields that a sku lacks are undefined: a line is used again for another sku, and all of them have one shape. */
type Line = { -readonly [Field in keyof CartLine]: CartLine[Field] | undefined };

/**
 * Makes carts with one piece of each of some skus, for customers of a tier or for everybody. Their lines are used again
 * for the next cart, so each is done with before the next is made: lines of their own were most of what a pricing of a
 * hundred thousand skus left to the collector.
 */
export function createCarts({ currency, now, channel, timeZone, skus }: Pricing, tier: string | undefined) {
  const lines: Line[] = [];
  const stocks: { stock: number }[] = [];
  const cart: Omit<Cart, "lines"> = {
    id: "prices",
    currency,
    now,
    ...(channel !== undefined && { channel }),
    ...(timeZone !== undefined && { timeZone }),
    shipping: [],
    coupons: [],
    ...(tier !== undefined && {
      customer: { id: "tier", segments: [], tier, loggedIn: true, orders: 0, attributes: {} },
    }),
  };

  /** Of the members from `start` to `end`, at most MAX_LINES. */
  return (members: readonly number[], start: number, end: number): Cart => {
    for (let i = 0; i < end - start; i++) fill(i, skus[members[start + i]!]!);
    const filled = end - start === MAX_LINES ? lines : lines.slice(0, end - start);
    return { ...cart, lines: filled as CartLine[] };
  };

  function fill(i: number, priced: PricedSku): void {
    const { sku, productId = sku, categories, listPrice, unitCost, minUnitPrice, stock, attributes } = priced;
    lines[i] ??= { ...NO_LINE };
    const line = lines[i];
    line.id = sku;
    line.sku = sku;
    line.productId = productId;
    line.categories = categories;
    line.unitPrice = listPrice;
    line.unitCost = unitCost;
    line.minUnitPrice = minUnitPrice;
    line.attributes = attributes;
    if (stock === undefined) return;
    if (attributes !== undefined) line.attributes = { ...attributes, stock };
    else {
      stocks[i] ??= { stock };
      stocks[i].stock = stock;
      line.attributes = stocks[i];
    }
  }
}

const NO_LINE: Line = {
  id: "",
  sku: "",
  productId: "",
  categories: [],
  quantity: 1,
  unitPrice: 0,
  unitCost: undefined,
  minUnitPrice: undefined,
  taxRate: undefined,
  subscription: undefined,
  attributes: undefined,
};

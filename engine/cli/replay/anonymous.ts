// A cart of the recording as a report may show it: what the shop sells and what its promotions look at, nobody's name.

import type { Attributes, Cart } from "@haggle/abi";

/** Strings that a release compares with were written by the shop, not by a shopper. */
export type ShopWords = ReadonlySet<string>;

/**
 * The cart without whatever could tell who bought when: its id, the customer's id, minutes and seconds, and every
 * segment, tier, coupon, attribute and allowance that no release asks for. Lines and shipping are numbered anew.
 */
export function anonymise(cart: Cart, words: ShopWords): Cart {
  const { id: _, now, customer, coupons, allowances, lines, shipping, ...rest } = cart;
  return {
    id: "sample",
    now: now - (now % HOUR_MS),
    ...rest,
    lines: lines.map(({ attributes, ...line }, i) => ({
      ...line,
      id: `line-${i + 1}`,
      ...(attributes && { attributes: keepKnown(attributes, words) }),
    })),
    shipping: shipping.map((entry, i) => ({ ...entry, id: `shipping-${i + 1}` })),
    ...(customer && {
      customer: {
        id: "customer",
        segments: customer.segments.filter((segment) => words.has(segment)),
        ...(customer.tier !== undefined && words.has(customer.tier) && { tier: customer.tier }),
        loggedIn: customer.loggedIn,
        orders: customer.orders,
        attributes: keepKnown(customer.attributes, words),
      },
    }),
    coupons: coupons.filter((code) => words.has(code)),
    ...(allowances && {
      allowances: Object.fromEntries(Object.entries(allowances).filter(([name]) => words.has(name))),
    }),
  };
}

const HOUR_MS = 3_600_000;

/** Numbers and flags count nothing but what the release counts; a text must be one that it compares with. */
function keepKnown(attributes: Attributes, words: ShopWords): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([name, value]) => words.has(name) && (typeof value !== "string" || words.has(value)),
    ),
  );
}

/**
 * Where a cart is wrong, without positions and without names that the recording made up: `lines[].quantity`,
 * `customer.attributes.*`. Texts that do not look like fields say nothing.
 */
export function anonymousPlace(at: string | number | undefined): string {
  if (typeof at !== "string") return "";
  const place = at.replace(/\[\d+\]/g, "[]").replace(/\b(attributes|allowances)\..*$/, "$1.*");
  return PLACE.test(place) ? place : "";
}

const PLACE = /^[A-Za-z]{1,24}(?:\[\])?(?:\.[A-Za-z]{1,24}(?:\[\])?)*(?:\.\*)?$/;

// A cart of the recording as a report may show it: what the shop sells and what its promotions look at, nobody's name.

import { type Attributes, type Cart, type CartCustomer, MAX_STRING } from "@haggle/abi";

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
    lines: lines.map(({ attributes, categories, ...line }, i) => ({
      ...line,
      id: `line-${i + 1}`,
      categories: categories.filter(isText),
      ...(attributes && { attributes: keepKnown(attributes, words) }),
    })),
    shipping: shipping.map((entry, i) => ({ ...entry, id: `shipping-${i + 1}` })),
    ...(customer && {
      customer: {
        id: "customer",
        segments: segmentsOf(customer).filter((segment) => words.has(segment)),
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

/**
 * Numbers and flags count nothing but what the release counts; a text must be one that it compares with. What no
 * release reads is in a priced cart as it was recorded, checked by nobody, so anything may stand here.
 */
function keepKnown(attributes: Attributes | undefined, words: ShopWords): Attributes {
  return Object.fromEntries(
    Object.entries(attributes ?? {}).filter(
      ([name, value]) =>
        words.has(name) &&
        (typeof value === "string"
          ? words.has(value)
          : typeof value === "number" || typeof value === "boolean"),
    ),
  );
}

/** The names of a customer's segments. Nothing has looked at them where no release asks for segments. */
export function segmentsOf(customer: CartCustomer | undefined): string[] {
  return customer === undefined ? [] : customer.segments.filter(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_STRING;
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

const PLACE = /^(?:\*|[A-Za-z]{1,24}(?:\[\])?(?:\.[A-Za-z]{1,24}(?:\[\])?)*(?:\.\*)?)$/;

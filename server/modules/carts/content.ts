import { findMinorDigits, MAX_COUPONS, MAX_LINES, MAX_QUANTITY, refuse } from "@haggle/abi";
import { checkAttributes } from "../../platform/opaque.ts";
import type { CartChange, CartLine, NewCart } from "./schema.ts";

/** What is in a cart, and all that is known of where it goes to. */
export type Content = {
  currency: string;
  customer: string | null;
  region: string | null;
  shippingMethod: string | null;
  coupons: readonly string[];
  lines: readonly CartLine[];
};

/** @throws HaggleError CART_UNKNOWN_CURRENCY, CART_DUPLICATE_LINE, SERVER_PERSONAL_FIELD */
export function toContent(cart: NewCart): Content {
  const { currency, customer = null, region = null, shippingMethod = null, coupons = [], lines = [] } = cart;
  checkCurrency(currency);
  checkLines(lines);
  return { currency, customer, region, shippingMethod, coupons, lines };
}

/**
 * Lines that are named are put, a new one behind the others; with quantity 0 they go. What a change does not speak of stays.
 *
 * @throws HaggleError CART_UNKNOWN_CURRENCY, CART_DUPLICATE_LINE, CART_MISSING_FIELD for a new line without a sku,
 *   CART_TOO_LARGE, SERVER_PERSONAL_FIELD
 */
export function change(content: Content, { lines: given = [], ...fields }: CartChange): Content {
  if (fields.currency !== undefined) checkCurrency(fields.currency);
  checkLines(given);
  const lines = new Map(content.lines.map((line) => [line.id, line]));
  for (const [index, { id, quantity, ...more }] of given.entries()) {
    const before = lines.get(id);
    const sku = more.sku ?? before?.sku;
    if (quantity === 0) lines.delete(id);
    else if (sku === undefined) throw refuse("CART_MISSING_FIELD", `lines[${index}].sku`);
    else lines.set(id, { ...before, ...more, id, sku, quantity });
  }
  if (lines.size > MAX_LINES) throw refuse("CART_TOO_LARGE", "lines", lines.size);
  return { ...content, ...fields, lines: [...lines.values()] };
}

/**
 * One cart of two, as when a guest logs in: `mine` says what both say, and what is the same goods is one line.
 *
 * @throws HaggleError SERVER_CART_CURRENCY, CART_TOO_LARGE, CART_OUT_OF_RANGE of a quantity
 */
export function merge(mine: Content, other: Content): Content {
  if (mine.currency !== other.currency) throw refuse("SERVER_CART_CURRENCY", "from", other.currency);
  const lines = [...mine.lines];
  const ids = new Set(lines.map(({ id }) => id));
  // The first one of the same goods. By a key: two carts of a thousand lines would else be compared a million times.
  const places = new Map<string, number>();
  for (const [place, line] of [...lines.entries()].reverse()) places.set(goodsOf(line), place);
  for (const line of other.lines) {
    const goods = goodsOf(line);
    const place = places.get(goods);
    if (place === undefined) {
      const id = freeId(line.id, ids);
      ids.add(id);
      places.set(goods, lines.length);
      lines.push({ ...line, id });
    } else {
      const known = lines[place]!;
      const quantity = known.quantity + line.quantity;
      if (quantity > MAX_QUANTITY) throw refuse("CART_OUT_OF_RANGE", `lines[${place}].quantity`, quantity);
      lines[place] = { ...known, quantity };
    }
  }
  const coupons = [...new Set([...mine.coupons, ...other.coupons])];
  if (lines.length > MAX_LINES) throw refuse("CART_TOO_LARGE", "lines", lines.length);
  if (coupons.length > MAX_COUPONS) throw refuse("CART_TOO_LARGE", "coupons", coupons.length);
  return {
    currency: mine.currency,
    customer: mine.customer ?? other.customer,
    region: mine.region ?? other.region,
    shippingMethod: mine.shippingMethod ?? other.shippingMethod,
    coupons,
    lines,
  };
}

/** The same for the same sku with the same attributes, in whichever order. */
function goodsOf({ sku, attributes = {} }: CartLine): string {
  const named = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sku, named]);
}

/** Room for a number behind it. */
const STEM_CHARACTERS = 90;

function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = id;
  for (let number = 2; taken.has(free); number++) free = `${id.slice(0, STEM_CHARACTERS)}-${number}`;
  return free;
}

function checkCurrency(currency: string): void {
  if (findMinorDigits(currency) === undefined) throw refuse("CART_UNKNOWN_CURRENCY", "currency", currency);
}

function checkLines(lines: readonly { id: string; attributes?: unknown }[]): void {
  const ids = new Set<string>();
  for (const [index, { id, attributes }] of lines.entries()) {
    if (ids.has(id)) throw refuse("CART_DUPLICATE_LINE", `lines[${index}].id`, id);
    ids.add(id);
    checkAttributes(attributes, `lines[${index}].attributes`);
  }
}

import { findMinorDigits, HaggleError, refuse } from "@haggle/abi";
import { checkAttributes } from "../../platform/opaque.ts";
import type { CartView } from "../carts/service.ts";
import { type Asked, FIELDS, type QuoteBody } from "./schema.ts";

/** What a cart of the SDK has of money, and what else means it: none of it is the caller's to say. */
const PRICE_FIELD = /price|cost|tax|discount|total|amount|allowance|rate$/i;

/**
 * Of a body that no schema has seen: no field is left unread, and none says what something costs.
 *
 * @throws HaggleError QUOTE_PRICE_FIELD, QUOTE_UNKNOWN_FIELD with the place
 */
export function checkFields(body: unknown): void {
  if (!isObject(body)) return;
  checkNames(body, FIELDS.body, "");
  const { lines } = body;
  if (!Array.isArray(lines)) return;
  for (const [index, line] of lines.entries()) {
    if (isObject(line)) checkNames(line, FIELDS.line, `lines[${index}].`);
  }
}

/**
 * What a body asks for by itself, with the id of its cart.
 *
 * @throws HaggleError SERVER_BAD_REQUEST, CART_MISSING_FIELD, CART_UNKNOWN_CURRENCY, CART_DUPLICATE_LINE, SERVER_PERSONAL_FIELD
 */
export function toAsked(body: QuoteBody, freshId: string): Asked {
  const {
    currency,
    lines,
    cart: _,
    revision,
    coupons: _coupons,
    compare: _compare,
    id = freshId,
    ...more
  } = body;
  if (revision !== undefined) throw refuse("SERVER_BAD_REQUEST", "revision", revision);
  if (currency === undefined) throw refuse("CART_MISSING_FIELD", "currency");
  if (lines === undefined) throw refuse("CART_MISSING_FIELD", "lines");
  if (findMinorDigits(currency) === undefined) throw refuse("CART_UNKNOWN_CURRENCY", "currency", currency);
  const ids = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (ids.size === ids.add(line.id).size)
      throw refuse("CART_DUPLICATE_LINE", `lines[${index}].id`, line.id);
    checkAttributes(line.attributes, `lines[${index}].attributes`);
  }
  return { ...more, id, currency, lines };
}

/**
 * What a cart asks for that the server keeps, with what the body says beside it.
 *
 * @throws HaggleError SERVER_BAD_REQUEST for what the cart says already, SERVER_CHANGED, CART_MISSING_FIELD of an empty one
 */
export function fromCart(cart: CartView, body: QuoteBody): Asked {
  const { cart: _, revision, coupons, compare: _compare, ...more } = body;
  const twice = (["currency", "lines", "id", "customer", "region", "shippingMethod"] as const).find(
    (field) => more[field] !== undefined && cart[field] !== undefined,
  );
  if (twice !== undefined)
    throw new HaggleError("SERVER_BAD_REQUEST", "The cart says it already", { at: `body/${twice}` });
  if (coupons !== undefined && cart.coupons.length > 0)
    throw new HaggleError("SERVER_BAD_REQUEST", "The cart says it already", { at: "body/coupons" });
  if (revision !== undefined && revision !== cart.revision) {
    const message = `It has revision ${cart.revision} now`;
    throw new HaggleError("SERVER_CHANGED", message, { at: "revision", value: cart.revision });
  }
  const { id, currency, lines, customer, region, shippingMethod } = cart;
  if (lines.length === 0) throw refuse("CART_MISSING_FIELD", "lines");
  return {
    ...more,
    id,
    currency,
    lines,
    ...(customer !== undefined && { customer }),
    ...(region !== undefined && { region }),
    ...(shippingMethod !== undefined && { shippingMethod }),
  };
}

function checkNames(value: object, known: string, path: string): void {
  const names = known.split(" ");
  const other = Object.keys(value).find((name) => !names.includes(name));
  if (other === undefined) return;
  const isPrice = PRICE_FIELD.test(other);
  throw refuse(isPrice ? "QUOTE_PRICE_FIELD" : "QUOTE_UNKNOWN_FIELD", path + other.slice(0, 100));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

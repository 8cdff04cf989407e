// The engine refuses a cart by the first field that it lacks and stops there. Whoever writes a cart by hand wants to hear of all.

import type { HaggleError } from "./errors.ts";
import { MAX_LINES } from "./layout.ts";

/** What `encodeCart` asks of every cart, whatever the rules read. */
const NEEDED = {
  cart: "id currency now lines shipping coupons",
  line: "id sku productId categories quantity unitPrice",
  shipping: "id method price",
  customer: "id segments loggedIn orders",
} as const;
/** More than a person adds before trying again. */
const MAX_NAMED = 8;

/** What is told of a failure. */
type Told = Pick<HaggleError, "code" | "message" | "at" | "value">;

/**
 * The refusal of a cart that lacks a field, with all other fields that it lacks in the message; any other refusal as it is.
 *
 * @example explainError(nameAllMissing(decision.error, cart)) // "... is missing at now, others at id, lines[0].sku"
 */
export function nameAllMissing(error: Told, cart: unknown): Told {
  if (error.code !== "CART_MISSING_FIELD") return error;
  const others = findMissingFields(cart).filter((path) => path !== error.at);
  if (others.length === 0) return error;
  const rest = others.length - MAX_NAMED;
  const named = others.slice(0, MAX_NAMED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  const { code, message, at, value } = error;
  return { code, message: `${message}, others at ${named}`, at, value };
}

/** The paths of fields that every cart has and this one has not. */
export function findMissingFields(cart: unknown): string[] {
  const { lines, shipping, customer } = (cart ?? {}) as Partial<Record<string, unknown>>;
  return [
    ...missingOf(cart, "cart", ""),
    ...missingOfAll(lines, "line", "lines"),
    ...missingOfAll(shipping, "shipping", "shipping"),
    ...missingOf(customer, "customer", "customer."),
  ];
}

function missingOfAll(list: unknown, kind: keyof typeof NEEDED, name: string): string[] {
  if (!Array.isArray(list)) return [];
  // Longer ones are refused for that.
  return list.slice(0, MAX_LINES).flatMap((entry, i) => missingOf(entry, kind, `${name}[${i}].`));
}

function missingOf(value: unknown, kind: keyof typeof NEEDED, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Record<string, unknown>;
  return NEEDED[kind]
    .split(" ")
    .filter((field) => fields[field] === undefined)
    .map((field) => path + field);
}

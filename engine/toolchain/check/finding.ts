// What a check has to say, and how.

import type { Cart, Condition } from "@haggle/abi";

export type CheckCode =
  | "CHECK_UNREACHABLE"
  | "CHECK_SHADOWED"
  | "CHECK_COUPON"
  | "CHECK_ORDER"
  | "CHECK_FLOOR"
  | "CHECK_MARGIN"
  | "CHECK_BUDGET"
  | "CHECK_OVERLAP"
  | "CHECK_UNLOCK";

/** An error never does what it was written for; a warning does in some carts; a note is decided, and good to know. */
export type Severity = "error" | "warning" | "note";

export type Finding = {
  code: CheckCode;
  severity: Severity;
  /** Ids, the one that is at fault first. */
  promotions: readonly string[];
  /** One sentence. */
  text: string;
  /** The cheapest cart found that shows it. */
  cart: Cart;
};

/** A question without an answer, and why there is none. */
export type Undecided = { code: CheckCode; promotions: readonly string[]; text: string };

export type CheckReport = { findings: Finding[]; undecided: Undecided[]; pricedCarts: number };

/** `'a'`, `'b' and 'c'`. */
export function quoted(ids: readonly string[]): string {
  const names = ids.map((id) => `'${id}'`);
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** What atoms are about, as people say it. */
export function fieldName(field: string): string {
  if (Object.hasOwn(NAMES, field)) return NAMES[field as keyof typeof NAMES];
  const [kind, key] = field.split(" ");
  return key === undefined ? field : `${kind} '${key}'`;
}

/** The kind of these is the field of their atoms. Others put a key behind it, or are about `time` or `flags`. */
type Named = Exclude<
  Condition["kind"],
  "counter" | "customer" | "loggedIn" | "timeOfDay" | "weekday" | "period"
>;

const NAMES: Readonly<Record<Named | "time" | "flags", string>> = {
  goodsTotal: "the goods total",
  orderTotal: "the order total",
  shippingTotal: "the shipping total",
  quantity: "the number of units",
  lines: "the number of lines",
  lineQuantity: "the units of one line",
  cheapest: "the cheapest price",
  dearest: "the dearest price",
  segments: "segments",
  tier: "the customer's tier",
  channel: "the channel",
  market: "the market",
  paymentMethod: "the payment method",
  shippingMethod: "the shipping method",
  coupons: "coupons",
  orders: "earlier orders",
  time: "time",
  flags: "whether the customer is logged in",
};

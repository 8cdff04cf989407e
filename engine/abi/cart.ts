// The cart as shops write it in JSON, and its canonical order. The bytes are in cart-encode.ts.

import type { Policy } from "./policy.ts";

/** Whether lines are sorted and merged, or each stays where it is. */
export type LineMode = Policy["lines"];

/** A value of an attribute. Numbers are integers. */
export type Attribute = string | number | boolean;
export type Attributes = Readonly<Record<string, Attribute>>;

/** One line of a cart. Amounts are integers in minor units, `taxRate` is a decimal string in percent ("19"). */
export type CartLine = {
  id: string;
  sku: string;
  productId: string;
  categories: readonly string[];
  quantity: number;
  unitPrice: number;
  /** Known to the server alone, like `minUnitPrice`. */
  unitCost?: number;
  minUnitPrice?: number;
  taxRate?: string;
  subscription?: boolean;
  attributes?: Attributes;
};

export type CartShipping = { id: string; method: string; price: number; taxRate?: string };

export type CartCustomer = {
  id: string;
  segments: readonly string[];
  tier?: string;
  loggedIn: boolean;
  /** Orders completed so far. */
  orders: number;
  attributes: Attributes;
};

/** What a shopper wants to buy, and all that may decide its price. `now` is epoch ms. */
export type Cart = {
  id: string;
  currency: string;
  now: number;
  channel?: string;
  market?: string;
  timeZone?: string;
  paymentMethod?: string;
  lines: readonly CartLine[];
  shipping: readonly CartShipping[];
  customer?: CartCustomer;
  coupons: readonly string[];
  /** What is left of budgets and limits, by name. */
  allowances?: Readonly<Record<string, number>>;
};

/**
 * Orders the lines of a cart canonically: cheapest first, then by sku, then by all that is neither id nor
 * quantity. The engine sees this order, so the order in which a shopper filled the cart cannot matter, unless the
 * policy asks for lines as they are given. Returns positions in the given array.
 */
export function orderLines(lines: readonly CartLine[], mode: LineMode = "canonical"): number[] {
  const count = lines.length;
  const order = new Array<number>(count);
  for (let i = 0; i < count; i++) order[i] = i;
  if (mode === "asGiven") return order;
  if (count > INSERTION_SORT_LINES && sortByPrice(lines, order)) {
    for (let start = 0, end = 1; start < count; start = end++) {
      const price = lines[order[start]!]!.unitPrice;
      while (end < count && lines[order[end]!]!.unitPrice === price) end++;
      if (end > start + 1) sortRange(lines, order, start, end);
    }
  } else sortRange(lines, order, 0, count);
  return order;
}

const INSERTION_SORT_LINES = 24;
/** A position below it fits beside a price in one exact number. */
const POSITIONS = 1024;

/** As numbers, without a comparison function; false when prices are too high to carry a position beside them. */
function sortByPrice(lines: readonly CartLine[], order: number[]): boolean {
  const keys = new Float64Array(lines.length);
  for (let i = 0; i < keys.length; i++) {
    const key = lines[i]!.unitPrice * POSITIONS + i;
    if (key > Number.MAX_SAFE_INTEGER) return false;
    keys[i] = key;
  }
  keys.sort();
  for (let i = 0; i < keys.length; i++) order[i] = keys[i]! % POSITIONS;
  return true;
}

/** Insertion sort: carts are short and nearly sorted from one keystroke to the next. Long ranges go to the engine's. */
function sortRange(lines: readonly CartLine[], order: number[], start: number, end: number): void {
  if (end - start > INSERTION_SORT_LINES) {
    const sorted = order.slice(start, end).sort((a, b) => compareLines(lines[a]!, lines[b]!));
    for (let i = start; i < end; i++) order[i] = sorted[i - start]!;
    return;
  }
  for (let i = start + 1; i < end; i++) {
    const position = order[i]!;
    const line = lines[position]!;
    const price = line.unitPrice;
    let k = i;
    while (k > start) {
      const before = lines[order[k - 1]!]!;
      if (before.unitPrice < price || (before.unitPrice === price && compareLines(before, line) <= 0)) break;
      order[k] = order[k - 1]!;
      k--;
    }
    order[k] = position;
  }
}

/** Below zero when `a` stands in front of `b` in canonical order, zero when both are the same goods. */
export function compareLines(a: CartLine, b: CartLine): number {
  if (a.unitPrice !== b.unitPrice) return a.unitPrice - b.unitPrice;
  if (a.sku !== b.sku) return a.sku < b.sku ? -1 : 1;
  const left = lineDetail(a);
  const right = lineDetail(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether two lines differ in nothing but id and quantity: such lines are priced as one. */
export function isSameGoods(a: CartLine, b: CartLine): boolean {
  return compareLines(a, b) === 0;
}

/** Everything of a line but id, quantity, sku and unit price, as one comparable string. What is absent becomes null. */
export function lineDetail(line: CartLine): string {
  return JSON.stringify([
    line.productId,
    line.unitCost,
    line.minUnitPrice,
    line.taxRate,
    line.subscription === true,
    line.categories.toSorted(),
    sortedEntries(line.attributes),
  ]);
}

/**
 * The canonical text of a cart: no ids of cart and lines, no `now`, lines merged and in canonical order where the
 * policy has them so. Two carts with one text are priced alike by one release. Lines must have passed `encodeCart`.
 */
export function canonicalCart(cart: Cart, mode: LineMode = "canonical"): string {
  const lines: [sku: string, unitPrice: number, quantity: number, detail: string][] = [];
  let last: CartLine | undefined;
  for (const position of orderLines(cart.lines, mode)) {
    const line = cart.lines[position]!;
    if (mode === "canonical" && last && isSameGoods(last, line)) lines.at(-1)![2] += line.quantity;
    else lines.push([line.sku, line.unitPrice, line.quantity, lineDetail(line)]);
    last = line;
  }
  const { customer } = cart;
  return JSON.stringify([
    cart.currency,
    cart.channel,
    cart.market,
    cart.timeZone,
    cart.paymentMethod,
    lines,
    cart.shipping.map((entry) => [entry.id, entry.method, entry.price, entry.taxRate]),
    customer
      ? [
          customer.id,
          customer.segments.toSorted(),
          customer.tier,
          customer.loggedIn,
          customer.orders,
          sortedEntries(customer.attributes),
        ]
      : null,
    cart.coupons.toSorted(),
    sortedEntries(cart.allowances),
  ]);
}

/** Attributes that no rule reads are not checked: what JSON.stringify could fall over becomes null. */
function sortedEntries(record: Readonly<Record<string, unknown>> | undefined): [string, unknown][] {
  if (!record) return [];
  return Object.entries(record)
    .map(([key, value]): [string, unknown] => [
      key,
      typeof value === "object" || typeof value === "bigint" ? null : value,
    ])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

const FIELDS = {
  cart: "id currency now channel market timeZone paymentMethod lines shipping customer coupons allowances",
  line: "id sku productId categories quantity unitPrice unitCost minUnitPrice taxRate subscription attributes",
  shipping: "id method price taxRate",
  customer: "id segments tier loggedIn orders attributes",
} as const;

/**
 * The fields of a cart that mean nothing, by path. The engine does not look at them; servers and tools refuse
 * them, since a misspelt field would otherwise change a price in silence.
 *
 * @example findUnknownFields({ ...cart, curency: "EUR" }) // ["curency"]
 */
export function findUnknownFields(cart: unknown): string[] {
  const { lines, shipping, customer } = (cart ?? {}) as Partial<Record<string, unknown>>;
  const found = unknownKeys(cart, "cart", "");
  for (const [kind, list] of [
    ["line", lines],
    ["shipping", shipping],
  ] as const) {
    if (!Array.isArray(list)) continue;
    const name = kind === "line" ? "lines" : kind;
    for (const [i, entry] of list.entries()) found.push(...unknownKeys(entry, kind, `${name}[${i}].`));
  }
  return [...found, ...unknownKeys(customer, "customer", "customer.")];
}

function unknownKeys(value: unknown, kind: keyof typeof FIELDS, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  const known: readonly string[] = FIELDS[kind].split(" ");
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => path + key);
}

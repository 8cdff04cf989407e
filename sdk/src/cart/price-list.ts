import { type Cart, type CartLine, createEncoder } from "@haggle/abi";
import { attempt } from "../client/listeners.ts";
import type { Decision } from "../decision.ts";
import { frozen } from "./frozen.ts";
import type { CartHost } from "./host.ts";
import type { LiveCartOptions } from "./live-cart.ts";

/** Goods as a list shows them: a line of a cart, of one piece where nothing else is said. */
export type ListItem = Omit<CartLine, "id" | "quantity"> & Partial<Pick<CartLine, "id" | "quantity">>;

/** Who looks at the list, and what else a cart says but for its lines. `now` is the clock's where nothing else is said. */
export type ListContext = Pick<Cart, "currency"> & Partial<Omit<Cart, "lines">>;

/**
 * What each of many goods costs by itself: the decision of a cart with nothing else in it, by index. What all of them share
 * is encoded once. Never throws: what cannot be priced is a refused decision.
 *
 * @example
 * const decisions = priceList(haggle, products, { currency: "EUR", customer });
 * decisions.forEach((decision, i) => showPrice(products[i], decision.ok ? decision.total : undefined));
 */
export function priceList(host: CartHost, items: readonly ListItem[], context: ListContext): Decision[] {
  const encode = createEncoder();
  const cart = cartOf(context);
  return items.map((item) => host.evaluate({ ...cart, lines: [lineOf(item)] }, { encode }));
}

export type PriceList = {
  /** The same object for the same or equal goods, until rules, time or context change. Never throws. */
  priceOf(item: ListItem): Decision;
  /** Somebody signs in, or enters a coupon. */
  setContext(context: ListContext): void;
  /** Prices again, as after a while in which a promotion has begun or ended. */
  refresh(): void;
  /** Listens, until the function is called that it gives. The listener is called at once and when prices may be others. */
  subscribe(listener: () => void): () => void;
  /** Listens to nobody any more, and tells nobody. */
  close(): void;
};

/** More goods than any page shows: from there on equal ones begin anew, while the same object keeps its price. */
const MAX_KEPT = 10_000;

/**
 * Prices of goods for pages that show them all the time: each is computed when it is first asked for, and again when the
 * rules change. Between them no clock runs, as in a live cart: `refresh` looks at it.
 *
 * @example
 * const prices = createPriceList(haggle, { currency: "EUR" });
 * prices.subscribe(() => draw(products.map((product) => prices.priceOf(product))));
 */
export function createPriceList(
  host: CartHost,
  context: ListContext,
  { now = Date.now }: Pick<LiveCartOptions, "now"> = {},
): PriceList {
  type Kept = { key: string | undefined; decision: Decision };
  const kept = new Map<string, Kept>();
  const listeners = new Set<{ call: () => void }>();
  let shared = frozen(context);
  let cart = cartOf(shared, now());
  let encode = createEncoder();
  let byItem = new WeakMap<object, Kept>();

  function renew(): void {
    kept.clear();
    const renewed = new WeakMap<object, Kept>();
    byItem = renewed;
    cart = cartOf(shared, now());
    encode = createEncoder();
    for (const entry of [...listeners]) {
      // Somebody who was told has changed the context, and everybody knows.
      if (byItem !== renewed) return;
      if (listeners.has(entry)) attempt(entry.call);
    }
  }

  const off = host.on?.("update", renew);

  return {
    priceOf(item) {
      const key = keyOf(item);
      const isObject = typeof item === "object" && item !== null;
      let found = isObject ? byItem.get(item) : undefined;
      if (found !== undefined && found.key === key) return found.decision;
      found = key === undefined ? undefined : kept.get(key);
      if (found === undefined) {
        if (kept.size === MAX_KEPT) kept.clear();
        found = { key, decision: host.evaluate({ ...cart, lines: [copyOf(item)] }, { encode }) };
        if (key !== undefined) kept.set(key, found);
      }
      if (isObject) byItem.set(item, found);
      return found.decision;
    },
    setContext(next) {
      shared = frozen(next);
      renew();
    },
    refresh: renew,
    subscribe(listener) {
      const entry = { call: listener };
      listeners.add(entry);
      attempt(listener);
      return () => void listeners.delete(entry);
    },
    close() {
      listeners.clear();
      off?.();
    },
  };
}

function cartOf(context: ListContext, now = Date.now()): Omit<Cart, "lines"> {
  return { id: "list", now, shipping: [], coupons: [], ...context };
}

/** All that is read of goods; what else a page keeps there, to its parents and back, concerns no price. */
const FIELDS = [
  "id",
  "sku",
  "productId",
  "categories",
  "quantity",
  "unitPrice",
  "unitCost",
  "minUnitPrice",
  "taxRate",
  "subscription",
  "attributes",
] as const satisfies readonly (keyof CartLine)[];

/** What is no goods, or cannot be read, stays as it is: the engine says why. */
function lineOf(item: ListItem): CartLine {
  try {
    if (typeof item !== "object" || item === null) return item;
    const { id = "item", quantity = 1 } = item;
    return id === item.id && quantity === item.quantity ? (item as CartLine) : { ...item, id, quantity };
  } catch {
    return item as CartLine;
  }
}

function copyOf(item: ListItem): CartLine {
  try {
    if (typeof item !== "object" || item === null) return item;
    const copy: Record<string, unknown> = {};
    for (const field of FIELDS) {
      const value = item[field];
      if (value !== undefined) copy[field] = value;
    }
    return frozen(lineOf(copy as ListItem));
  } catch {
    return item as CartLine;
  }
}

/** Equal for equal goods; undefined where they cannot be read. */
function keyOf(item: ListItem): string | undefined {
  try {
    if (typeof item !== "object" || item === null) return textOf(item, 0);
    return FIELDS.map((field) => textOf(item[field], DEPTH)).join();
  } catch {
    return undefined;
  }
}

/** From the attributes of goods to the texts in their lists; what lies deeper is refused whatever it is. */
const DEPTH = 2;

/** Any value, unlike JSON, which knows one `null` for all that is none and throws at what goes round in circles. */
function textOf(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return typeof value + String(value);
  if (depth === 0) return "deeper";
  if (Array.isArray(value)) return `[${value.map((each) => textOf(each, depth - 1))}]`;
  const entries = Object.entries(value).map(
    ([key, each]) => `${JSON.stringify(key)}:${textOf(each, depth - 1)}`,
  );
  return `{${entries}}`;
}

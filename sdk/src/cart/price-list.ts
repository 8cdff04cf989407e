import { type Cart, type CartLine, createEncoder } from "@haggle/abi";
import { attempt } from "../client/listeners.ts";
import type { Decision } from "../decision.ts";
import { frozen } from "./frozen.ts";
import type { CartHost } from "./host.ts";

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
  /** The same object for equal goods, until rules or context change. */
  priceOf(item: ListItem): Decision;
  /** Somebody signs in, or enters a coupon. */
  setContext(context: ListContext): void;
  /** Listens, until the function is called that it gives. The listener is called at once and when prices may be others. */
  subscribe(listener: () => void): () => void;
  close(): void;
};

/** More goods than any page shows: from there on it begins anew. */
const MAX_KEPT = 10_000;

/**
 * Prices of goods for pages that show them all the time: each is computed when it is first asked for, and again when the
 * rules change.
 *
 * @example
 * const prices = createPriceList(haggle, { currency: "EUR" });
 * prices.subscribe(() => draw(products.map((product) => prices.priceOf(product))));
 */
export function createPriceList(host: CartHost, context: ListContext): PriceList {
  const kept = new Map<string, Decision>();
  const listeners = new Set<{ call: () => void }>();
  let shared = frozen(context);
  let cart = cartOf(shared);
  let encode = createEncoder();

  function renew(): void {
    kept.clear();
    cart = cartOf(shared);
    encode = createEncoder();
    for (const { call } of [...listeners]) attempt(call);
  }

  const off = host.on?.("update", renew);

  return {
    priceOf(item) {
      const key = JSON.stringify(item);
      const known = kept.get(key);
      if (known !== undefined) return known;
      if (kept.size === MAX_KEPT) kept.clear();
      const decision = host.evaluate({ ...cart, lines: [frozen(lineOf(item))] }, { encode });
      kept.set(key, decision);
      return decision;
    },
    setContext(next) {
      shared = frozen(next);
      renew();
    },
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

function cartOf(context: ListContext): Omit<Cart, "lines"> {
  return { id: "list", now: Date.now(), shipping: [], coupons: [], ...context };
}

function lineOf(item: ListItem): CartLine {
  const { id = "item", quantity = 1 } = item;
  return id === item.id && quantity === item.quantity ? (item as CartLine) : { ...item, id, quantity };
}

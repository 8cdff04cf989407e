import type { Cart, Engine } from "@haggle/sdk";
import { isVariantSegment } from "@haggle/sdk/experiments";
import type { Claim, DriftCause } from "./compare-schema.ts";
import { type Said, withSaid } from "./said.ts";

/** What a unit of a sku costs customers of a tier; undefined for what is not known, which stays as it is. */
export type PriceOf = (sku: string, tier: string | undefined) => number | undefined;

/** By what somebody may have computed. */
export type View = {
  engine: Pick<Engine, "evaluate" | "release" | "promotions">;
  cart: Cart;
  priceOf: PriceOf;
};

/** One thing that may have been another for the browser. */
export type Change = { cause: DriftCause; apply: (view: View) => View };

/** What the server knows of other releases and prices than those of the quote. */
export type Sources = {
  /** The one that was told, where it is to be had; else those that others of the channel are given. As browsers make them. */
  releases: readonly View["engine"][];
  /** Of the prices document in force; 0 where there is none. */
  version: number;
  /** By which the cart was priced. */
  priceOf: PriceOf;
  /** Documents that were in force before, the newest first. */
  before: readonly { version: number; priceOf: PriceOf }[];
  listPriceOf: PriceOf;
  /** What whoever asked said of his goods, whether or not it counts. */
  said: Said;
};

type Changes = {
  /** What was told: it is so, whatever else is. */
  given: Change[];
  /** What may be, the likeliest first. */
  changes: Change[];
  /** What was told and is not to be had here. */
  unknown: DriftCause[];
};

/** Whom `withVariants` puts into a cart without a customer. */
const GUEST = "guest";
/** A page that is open computes by the time at which it asked. */
const MAX_AGE_MS = 10 * 60_000;
/** Clocks of shoppers are ahead of ours by so much. */
const MAX_AHEAD_MS = 60_000;
/** Of edges of windows within that time, the nearest ones. */
const MAX_EDGES = 2;

/** All that could have been another, as far as it makes a difference to this cart. */
export function listChanges(view: View, told: Omit<Claim, "digest">, sources: Sources): Changes {
  const release = releaseChanges(view, told.release, sources);
  const prices = priceChanges(view, told.prices, sources);
  return {
    given: [...release.given, ...prices.given],
    changes: [
      ...release.changes,
      ...prices.changes,
      ...customerChanges(view.cart),
      ...(sources.said.size > 0 ? [change("attributes", (cart) => withSaid(cart, sources.said))] : []),
      ...lineChanges(view.cart),
      ...contextChanges(view.cart),
      ...timeChanges(view),
    ],
    unknown: [...release.unknown, ...prices.unknown],
  };
}

function releaseChanges(view: View, told: string | undefined, { releases }: Sources): Changes {
  const toChange = (engine: View["engine"]): Change => ({
    cause: "release",
    apply: (from) => ({ ...from, engine }),
  });
  const others = releases.filter(({ release }) => release !== view.engine.release);
  if (told === undefined) return { given: [], changes: others.map(toChange), unknown: [] };
  if (told === view.engine.release) return NONE;
  const named = others.find(({ release }) => release === told);
  return { given: named ? [toChange(named)] : [], changes: [], unknown: named ? [] : ["release"] };
}

function priceChanges(view: View, told: number | undefined, sources: Sources): Changes {
  const { version, before, listPriceOf } = sources;
  if (told === version) return NONE;
  const all = version === 0 ? before : [{ version: 0, priceOf: listPriceOf }, ...before];
  const isOther = ({ priceOf }: { priceOf: PriceOf }) => {
    const { cart } = reprice({ ...view, priceOf });
    return cart.lines.some(({ unitPrice }, i) => unitPrice !== view.cart.lines[i]!.unitPrice);
  };
  const toChange = ({ priceOf }: { priceOf: PriceOf }): Change => ({
    cause: "prices",
    apply: (from) => reprice({ ...from, priceOf }),
  });
  const named = all.find((one) => one.version === told);
  if (named !== undefined) return { given: [named].filter(isOther).map(toChange), changes: [], unknown: [] };
  // Not that they differ is known, but what they were is not.
  const unknown: DriftCause[] = told === undefined ? [] : ["unsearched"];
  return { given: [], changes: all.filter(isOther).map(toChange), unknown };
}

function customerChanges({ customer }: Cart): Change[] {
  if (customer === undefined) return [];
  const { id, loggedIn, segments } = customer;
  const bare = { id, loggedIn, segments: [], orders: 0, attributes: {} };
  const own = segments.filter((segment) => !isVariantSegment(segment));
  const changes: Change[] = [
    change("customer", ({ customer: _, ...cart }) => cart),
    change("customer", (cart) => (cart.customer ? { ...cart, customer: bare } : cart)),
  ];
  if (own.length === segments.length) return changes;
  const withOwn = (cart: Cart): Cart =>
    cart.customer ? { ...cart, customer: { ...cart.customer, segments: own } } : cart;
  // Whoever is nobody is a customer only for the sake of variants.
  const guest = id === GUEST ? [change("experiments", ({ customer: _, ...cart }) => cart)] : [];
  return [...guest, change("experiments", withOwn), ...changes];
}

function lineChanges({ lines, shipping, coupons, allowances }: Cart): Change[] {
  const changes: Change[] = [];
  const add = (cause: DriftCause, has: boolean, toCart: (cart: Cart) => Cart): void => {
    if (has) changes.push(change(cause, toCart));
  };
  add("shipping", shipping.length > 0, (cart) => ({ ...cart, shipping: [] }));
  add(
    "tax",
    [...lines, ...shipping].some(({ taxRate }) => taxRate !== undefined),
    (cart) => ({ ...cart, lines: cart.lines.map(withoutTax), shipping: cart.shipping.map(withoutTax) }),
  );
  add(
    "attributes",
    lines.some(({ attributes }) => Object.keys(attributes ?? {}).length > 0),
    (cart) => ({ ...cart, lines: cart.lines.map(({ attributes: _, ...line }) => line) }),
  );
  add(
    "categories",
    lines.some(({ categories }) => categories.length > 0),
    (cart) => ({ ...cart, lines: cart.lines.map((line) => ({ ...line, categories: [] })) }),
  );
  add("coupons", coupons.length > 0, (cart) => ({ ...cart, coupons: [] }));
  add("allowances", allowances !== undefined, ({ allowances: _, ...cart }) => cart);
  return changes;
}

function contextChanges({ channel, market, timeZone, paymentMethod }: Cart): Change[] {
  if ((channel ?? market ?? timeZone ?? paymentMethod) === undefined) return [];
  return [
    change("context", ({ channel: _c, market: _m, timeZone: _t, paymentMethod: _p, ...cart }) => cart),
    ...(paymentMethod === undefined ? [] : [change("context", ({ paymentMethod: _, ...cart }) => cart)]),
  ];
}

/** To the other side of each edge of a promotion's window that was passed just now. */
function timeChanges({ engine, cart: { now } }: View): Change[] {
  const edges = engine.promotions.flatMap(({ window = {} }) =>
    [window.from ?? [], window.until ?? []].flat(),
  );
  const near = [...new Set(edges)].filter((edge) => edge > now - MAX_AGE_MS && edge <= now + MAX_AHEAD_MS);
  return near
    .sort((a, b) => Math.abs(a - now) - Math.abs(b - now))
    .slice(0, MAX_EDGES)
    .map((edge) => change("time", (cart) => ({ ...cart, now: edge <= now ? edge - 1 : edge })));
}

/** Whoever is another customer, or none, pays other prices. */
function change(cause: DriftCause, toCart: (cart: Cart) => Cart): Change {
  return { cause, apply: (view) => reprice({ ...view, cart: toCart(view.cart) }) };
}

function reprice(view: View): View {
  const { cart, priceOf } = view;
  const tier = cart.customer?.tier;
  const lines = cart.lines.map((line) => ({ ...line, unitPrice: priceOf(line.sku, tier) ?? line.unitPrice }));
  return { ...view, cart: { ...cart, lines } };
}

function withoutTax<T extends { taxRate?: string }>({ taxRate: _, ...rest }: T): Omit<T, "taxRate"> {
  return rest;
}

const NONE: Changes = { given: [], changes: [], unknown: [] };

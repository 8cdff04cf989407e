import type { Cart, Engine, Policy, Promotion } from "@haggle/sdk";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { compare, MAX_EVALUATIONS, MAX_LINES } from "../../server/modules/quotes/compare.ts";
import type { Sources } from "../../server/modules/quotes/compare-changes.ts";
import type { Claim, DriftCause } from "../../server/modules/quotes/compare-schema.ts";
import { withoutSecrets } from "../../server/modules/quotes/open-cart.ts";
import {
  createSearchBudget,
  LINES_PER_SECOND,
  type SearchBudget,
} from "../../server/modules/quotes/search-budget.ts";
import { generateCart } from "../support/carts.ts";
import { type BuiltRules, buildDemoRules, makeEngine, priceOf } from "../support/rules.ts";

// A browser's digest against the server's decision: the same engine on both sides, each with what it may know.

/** Behind it, a promotion runs. */
const EDGE = 1_790_000_000_000;
const OVER: Promotion = {
  id: "over",
  conditions: [{ kind: "goodsTotal", value: 100_00 }],
  effects: [{ target: "order", percent: "10" }],
  priority: 9,
};
const PROMOTIONS: readonly Promotion[] = [
  OVER,
  given("vip", { kind: "segments", match: ["vip"] }),
  given("variant", { kind: "segments", match: ["experiment:summer=b"] }),
  given("app", { kind: "channel", match: ["app"] }),
  { ...given("new"), window: { from: EDGE } },
  {
    id: "black",
    effects: [{ target: "unit", percent: "5", filter: { attributes: { color: ["black"] } } }],
    priority: 4,
  },
  {
    id: "shoes",
    effects: [{ target: "unit", percent: "7", filter: { categories: ["shoes"] } }],
    priority: 3,
  },
  { id: "free", effects: [{ target: "shipping", percent: "100" }], priority: 2 },
];
const TAXED: Partial<Policy> = { tax: { prices: "gross", per: "line" } };

let built: BuiltRules;
let browser: Engine;
let server: Engine;
let other: Engine;

beforeAll(async () => {
  built = await buildDemoRules();
  browser = await makeEngine(built, { promotions: PROMOTIONS, policy: TAXED });
  server = await makeEngine(built, { promotions: PROMOTIONS, policy: TAXED, server: true });
  const dearer = { ...OVER, effects: [{ target: "order", percent: "20" } as const] };
  other = await makeEngine(built, { promotions: [dearer, ...PROMOTIONS.slice(1)], policy: TAXED });
});

/** One unit of a sku costs so much now, a moment ago, and by the catalogue. */
const PRICES = { now: 1, before: 3, list: 7 };

function given(id: string, ...conditions: NonNullable<Promotion["conditions"]>): Promotion {
  return { id, conditions, effects: [{ target: "order", amount: 1_00 }], priority: 5 };
}

/** As a quote gets it: with the prices of now, taxes, a customer in an experiment, and something of everything. */
function makeCart(seed: number): Cart {
  const { customer, ...cart } = generateCart(seed, 1 + (seed % 12));
  return withPrices(
    {
      ...cart,
      now: EDGE + 1_000,
      lines: cart.lines.map((line) => ({ ...line, taxRate: line.categories.includes("books") ? "7" : "19" })),
      shipping: [{ id: "parcel", method: "standard", price: 490, taxRate: "19" }],
      customer: { ...customer!, segments: [...customer!.segments, "experiment:summer=b"] },
      coupons: [],
    },
    "now",
  );
}

const unitPriceAt = (sku: string, at: keyof typeof PRICES): number =>
  10_00 + (Number(sku.split("-")[1]) * 13 + PRICES[at] * 11) * 5;

function withPrices(cart: Cart, at: keyof typeof PRICES): Cart {
  return { ...cart, lines: cart.lines.map((line) => ({ ...line, unitPrice: unitPriceAt(line.sku, at) })) };
}

/** What no browser knows. */
const withCosts = (cart: Cart): Cart => ({
  ...cart,
  lines: cart.lines.map((line) => ({ ...line, unitCost: 3_00, minUnitPrice: 4_00 })),
});

const sources = (): Sources => ({
  said: new Map(),
  releases: [other],
  version: 12,
  priceOf: (sku) => unitPriceAt(sku, "now"),
  before: [{ version: 11, priceOf: (sku) => unitPriceAt(sku, "before") }],
  listPriceOf: (sku) => unitPriceAt(sku, "list"),
});

async function compareWith(
  cart: Cart,
  claim: Claim,
  {
    by = server,
    preview = browser,
    spend = () => true,
    ...more
  }: { by?: Engine; preview?: Engine; from?: Partial<Sources>; spend?: SearchBudget } = {},
) {
  return compare({
    claim,
    decision: priceOf(by, cart),
    cart,
    openCart: withoutSecrets(cart, preview),
    preview,
    findSources: async () => ({ ...sources(), ...more.from }),
    spend,
  });
}

const verdictOf = async (...args: Parameters<typeof compareWith>) => (await compareWith(...args)).comparison;
const digestOf = (cart: Cart, engine = browser): string => priceOf(engine, cart).digest!;
const drift = (...causes: DriftCause[]) => ({ verdict: "drift", causes });

type Seen = { cart: Cart; engine: Engine };
const changed =
  (toCart: (cart: Cart) => Cart) =>
  (seen: Seen): Seen => ({ ...seen, cart: toCart(seen.cart) });

/** How a browser may come to another price, each alone. */
const DISTURBANCES: { [Cause in DriftCause]?: (seen: Seen) => Seen } = {
  release: (seen) => ({ ...seen, engine: other }),
  prices: changed((cart) => withPrices(cart, cart.lines.length % 2 === 0 ? "before" : "list")),
  experiments: changed(({ customer, ...cart }) => ({
    ...cart,
    ...(customer && {
      customer: { ...customer, segments: customer.segments.filter((segment) => !segment.includes(":")) },
    }),
  })),
  customer: changed(({ customer: _, ...cart }) => cart),
  shipping: changed((cart) => ({ ...cart, shipping: [] })),
  tax: changed((cart) => ({
    ...cart,
    lines: cart.lines.map(({ taxRate: _, ...line }) => line),
    shipping: cart.shipping.map(({ taxRate: _, ...entry }) => entry),
  })),
  attributes: changed((cart) => ({ ...cart, lines: cart.lines.map(({ attributes: _, ...line }) => line) })),
  categories: changed((cart) => ({
    ...cart,
    lines: cart.lines.map((line) => ({ ...line, categories: [] })),
  })),
  context: changed(({ channel: _, ...cart }) => cart),
  time: changed((cart) => ({ ...cart, now: EDGE - 5_000 })),
};
const CAUSES = Object.keys(DISTURBANCES) as (keyof typeof DISTURBANCES)[];
const seeds = fc.integer({ min: 1, max: 1_000_000 });

describe("a browser that sees what the server does", () => {
  it("comes to a match, whatever the server knows besides", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const cart = makeCart(seed);
        expect(await verdictOf(withCosts(cart), { digest: digestOf(cart) })).toEqual({ verdict: "match" });
      }),
    );
  });

  it("costs one evaluation, and none where it knows all of it", async () => {
    const cart = makeCart(1);
    expect((await compareWith(withCosts(cart), { digest: digestOf(cart) })).evaluations).toBe(1);
    const whole = withCosts(cart);
    expect(await compareWith(whole, { digest: digestOf(whole, server) })).toEqual({
      comparison: { verdict: "match" },
      evaluations: 0,
    });
  });
});

describe("one thing that was another", () => {
  it("is named, alone", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(...CAUSES), async (seed, cause) => {
        const { cart, engine } = DISTURBANCES[cause]!({ cart: makeCart(seed), engine: browser });
        const claim = { digest: digestOf(cart, engine) };
        expect(await verdictOf(withCosts(makeCart(seed)), claim)).toEqual(drift(cause));
      }),
    );
  });

  it("is one of two that are named together", async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.uniqueArray(fc.constantFrom(...CAUSES), { minLength: 2, maxLength: 2 }),
        async (seed, pair) => {
          // Who is nobody takes part in nothing.
          fc.pre(!(pair.includes("customer") && pair.includes("experiments")));
          const seen = pair.reduce((from: Seen, cause) => DISTURBANCES[cause]!(from), {
            cart: makeCart(seed),
            engine: browser,
          });
          const told = await verdictOf(withCosts(makeCart(seed)), {
            digest: digestOf(seen.cart, seen.engine),
          });
          expect(told).toMatchObject({ verdict: "drift" });
          expect("causes" in told && told.causes.toSorted()).toEqual(pair.toSorted());
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is the cart itself where nothing else explains it", async () => {
    const cart = makeCart(4);
    const more = { ...cart, lines: cart.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })) };
    expect(await verdictOf(cart, { digest: digestOf(more) })).toEqual(drift("cart"));
  });

  it("is a guest's experiment, where the browser has nobody at all", async () => {
    const { customer: _, ...cart } = makeCart(4);
    const guest = {
      id: "guest",
      loggedIn: false,
      orders: 0,
      attributes: {},
      segments: ["experiment:summer=b"],
    };
    expect(await verdictOf({ ...cart, customer: guest }, { digest: digestOf(cart) })).toEqual(
      drift("experiments"),
    );
  });
});

describe("what the browser tells besides", () => {
  it("is where the search begins", async () => {
    const cart = makeCart(6);
    const bare = DISTURBANCES.shipping!({ cart: withPrices(cart, "before"), engine: other });
    const claim = { digest: digestOf(bare.cart, other), release: other.release, prices: 11 };
    expect(await compareWith(cart, claim)).toEqual({
      comparison: drift("release", "prices", "shipping"),
      evaluations: expect.any(Number),
    });
    // Three together are more than is tried where nothing is told.
    expect(await verdictOf(cart, { digest: claim.digest })).toEqual(drift("cart"));
    expect(
      await verdictOf(cart, { digest: digestOf(withPrices(cart, "before"), other), ...claimed(claim) }),
    ).toEqual(drift("release", "prices"));
  });

  it("is no cause where it is what the server had", async () => {
    const cart = makeCart(6);
    const claim = { digest: digestOf(withPrices(cart, "before")), release: browser.release, prices: 12 };
    expect(await verdictOf(cart, claim)).toEqual(drift("cart"));
    const same = { digest: digestOf({ ...cart, shipping: [] }), prices: 11 };
    const from = { before: [{ version: 11, priceOf: (sku: string) => unitPriceAt(sku, "now") }] };
    expect(await verdictOf(cart, same, { from })).toEqual(drift("shipping"));
  });

  it("is a cause for sure where it is a release that nobody here can price by, and more is not known", async () => {
    const cart = makeCart(6);
    const digest = "0".repeat(64);
    expect(await verdictOf(cart, { digest, release: "f".repeat(64) })).toEqual(
      drift("release", "unsearched"),
    );
    expect(await verdictOf(cart, { digest, prices: 3 })).toEqual(drift("unsearched"));
    expect(await verdictOf(cart, { digest: digestOf(withPrices(cart, "list")), prices: 3 })).toEqual(
      drift("prices"),
    );
  });
});

describe("what only the server knows", () => {
  async function tell(cart: Cart, setup: Parameters<typeof makeEngine>[1]) {
    const [by, preview] = await Promise.all([
      makeEngine(built, { ...setup, server: true }),
      makeEngine(built, setup),
    ]);
    return verdictOf(cart, { digest: digestOf(withoutSecrets(cart, preview), preview) }, { by, preview });
  }
  const half: Promotion = { id: "half", effects: [{ target: "order", percent: "50" }], priority: 1 };

  it("is a promotion that no browser runs", async () => {
    const told = await tell(makeCart(2), { promotions: [{ ...half, serverOnly: true }] });
    expect(told).toEqual({ verdict: "notComparable", causes: ["serverOnly"] });
  });

  it("is the floor of a margin", async () => {
    const policy: Partial<Policy> = { marginFloor: { basisPoints: 9_900, unknownCost: "refuse" } };
    const told = await tell(withCosts(makeCart(2)), { promotions: [half], policy });
    expect(told).toEqual({ verdict: "notComparable", causes: ["marginFloor"] });
  });

  it("is the floor of a price", async () => {
    const cart = makeCart(2);
    const lines = cart.lines.map((line) => ({ ...line, minUnitPrice: line.unitPrice, unitCost: 1 }));
    expect(await tell({ ...cart, lines }, { promotions: [half] })).toEqual({
      verdict: "notComparable",
      causes: ["floors"],
    });
  });

  it("is nothing where it changes no amount", async () => {
    expect(await tell(withCosts(makeCart(2)), { promotions: [half] })).toEqual({ verdict: "match" });
    const unseen = {
      ...half,
      id: "unseen",
      serverOnly: true,
      conditions: [{ kind: "goodsTotal", value: 1e9 } as const],
    };
    expect(await tell(makeCart(2), { promotions: [half, unseen] })).toEqual({ verdict: "match" });
  });
});

describe("a digest that fits nothing", () => {
  it("buys no more than a bounded search", async () => {
    const claim = { digest: "0".repeat(64) };
    const small = await compareWith(makeCart(11), claim);
    expect(small.evaluations).toBeLessThanOrEqual(1 + MAX_EVALUATIONS);
    const lines = Array.from({ length: 1_000 }, (_, i) => ({
      ...makeCart(3).lines[0]!,
      id: `${i}`,
      sku: `sku-${i}-0`,
    }));
    const large = await compareWith({ ...makeCart(3), lines }, claim);
    expect(large).toEqual({ comparison: drift("unsearched"), evaluations: 1 + MAX_LINES / 1_000 });
  });

  it("buys no more with all others of its second, and is looked into again in the next one", async () => {
    let now = 0;
    const spend = createSearchBudget(() => now);
    const claim = { digest: "0".repeat(64) };
    const cart = makeCart(11);
    const all = 1 + MAX_EVALUATIONS;
    const first = await compareWith(cart, claim, { spend });
    expect(first.evaluations).toBeGreaterThan(all / 4);
    while (spend(cart.lines.length));
    expect(await compareWith(cart, claim, { spend })).toEqual({
      comparison: drift("unsearched"),
      evaluations: 1,
    });
    now += 1_000;
    expect(await compareWith(cart, claim, { spend })).toEqual(first);
    now += 60_000;
    expect([spend(LINES_PER_SECOND), spend(1)]).toEqual([true, false]);
  });
});

function claimed({ release, prices }: Claim): Omit<Claim, "digest"> {
  return { ...(release && { release }), ...(prices && { prices }) };
}

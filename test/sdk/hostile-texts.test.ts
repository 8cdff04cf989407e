// Texts that mean something to JavaScript, terminals or databases mean nothing to prices; and what one cart did to an
// engine, its faults included, is nothing to the next.

import type { Cart, Engine } from "@haggle/sdk";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createRandom, generateCart } from "../support/carts.ts";
import { HOSTILE_TEXTS, hostileValue } from "../support/json-mutator.ts";
import { buildRules, expectPriced, makeEngine, priceOf } from "../support/rules.ts";

/** Reads every text there is. */
const READS_ALL = `@promo(name="reads-all")
export function readsAll(ctx: Context): Result {
  const line = ctx.cart.line(0);
  if (ctx.customer.inSegment("vip") && line.hasCategory("shoes") && line.sku == "a" && line.product == "a") {
    return Result.order(line.attributeNumber("weight", 5) + ctx.customer.attributeNumber("age", 1), "READ");
  }
  return Result.orderPercent(Percent.of(10 + line.skuGroup), "TEN");
}
`;

/** Works in memory of its own, and stops in the middle of it for a cart with 13 of something. */
const SCRATCH = `@promo(name="scratch")
export function scratch(ctx: Context): Result {
  const sums = new StaticArray<i64>(8);
  for (let i = 0; i < ctx.cart.lines.count; i++) {
    const line = ctx.cart.lines.at(i);
    sums[i & 7] += line.total;
    if (line.quantity == 13) sums[8 + line.quantity] = 1;
  }
  let sum: i64 = 0;
  for (let i = 0; i < 8; i++) sum += sums[i];
  return Result.order(min(sum / 10, 500), "SCRATCH");
}
`;

let engine: Engine;
beforeAll(async () => {
  engine = await makeEngine(await buildRules({ all: READS_ALL, scratch: SCRATCH }));
});

const CART: Cart = {
  ...{
    id: "c",
    currency: "EUR",
    now: 1_790_000_000_000,
    channel: "web",
    market: "fr",
    paymentMethod: "card",
  },
  lines: [
    {
      ...{ id: "l1", sku: "s1", productId: "p1", categories: ["k1", "k2"], quantity: 2, unitPrice: 1_000 },
      attributes: { color: "red", weight: 3 },
    },
    { id: "l2", sku: "s2", productId: "p2", categories: [], quantity: 1, unitPrice: 500 },
  ],
  shipping: [{ id: "x1", method: "post", price: 490 }],
  customer: {
    id: "u",
    segments: ["new"],
    tier: "gold",
    loggedIn: true,
    orders: 1,
    attributes: { city: "Lyon" },
  },
  coupons: ["CODE"],
  allowances: { budget: 1_000 },
};

/** Every place where a cart holds a text, the names of attributes and allowances among them. */
const PLACES: Record<string, (cart: Cart, text: string) => void> = {
  id: (cart, text) => Object.assign(cart, { id: text }),
  channel: (cart, text) => Object.assign(cart, { channel: text }),
  market: (cart, text) => Object.assign(cart, { market: text }),
  paymentMethod: (cart, text) => Object.assign(cart, { paymentMethod: text }),
  "line id": (cart, text) => Object.assign(cart.lines[0]!, { id: text }),
  sku: (cart, text) => Object.assign(cart.lines[0]!, { sku: text }),
  productId: (cart, text) => Object.assign(cart.lines[0]!, { productId: text }),
  category: (cart, text) => Object.assign(cart.lines[0]!, { categories: [text, "k2"] }),
  "attribute of a line": (cart, text) => Object.assign(cart.lines[0]!, { attributes: { color: text } }),
  "name of an attribute": (cart, text) => Object.assign(cart.lines[0]!, { attributes: named(text, "red") }),
  "shipping id": (cart, text) => Object.assign(cart.shipping[0]!, { id: text }),
  "shipping method": (cart, text) => Object.assign(cart.shipping[0]!, { method: text }),
  "customer id": (cart, text) => Object.assign(cart.customer!, { id: text }),
  segment: (cart, text) => Object.assign(cart.customer!, { segments: [text] }),
  tier: (cart, text) => Object.assign(cart.customer!, { tier: text }),
  "attribute of the customer": (cart, text) => Object.assign(cart.customer!, { attributes: { city: text } }),
  "name of the customer's": (cart, text) => Object.assign(cart.customer!, { attributes: named(text, 1) }),
  coupon: (cart, text) => Object.assign(cart, { coupons: [text] }),
  allowance: (cart, text) => Object.assign(cart, { allowances: named(text, 5) }),
};

describe("a hostile text is priced like every other, or is no text,", () => {
  const LONG = "x".repeat(10 * 1024 * 1024);
  for (const [place, put] of Object.entries(PLACES)) {
    it(`as ${place}`, () => {
      const plain = priceOf(engine, cartWith(put, "any other"));
      for (const text of [...HOSTILE_TEXTS, LONG]) {
        const decided = engine.evaluate(cartWith(put, text));
        if (!decided.ok) {
          // Only what is no text at all, or too long a one, may be refused; nothing for what it says.
          expect(text === "" || text === LONG).toBe(true);
          expect(decided.error.code).toBe("CART_OUT_OF_RANGE");
          continue;
        }
        const decision = expectPriced(decided);
        // Ids and codes come back as they were given; amounts are those of any other text.
        expect(decision.bytes).toEqual(plain.bytes);
        expect(decision.fuelUsed).toBe(plain.fuelUsed);
        const { lines, shipping, coupons } = decision.toJSON();
        const cart = cartWith(put, text);
        expect(lines.map(({ id }) => id)).toEqual(cart.lines.map(({ id }) => id));
        expect(shipping.map(({ id }) => id)).toEqual(cart.shipping.map(({ id }) => id));
        expect(coupons.map(({ code }) => code)).toEqual(cart.coupons);
        expect(decision.unitDiscounts(cart.lines[0]!.id)?.length).toBe(2);
        expect(decision.digest).toMatch(/^[0-9a-f]{64}$/);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });
  }
});

it("values that no rule reads may be anything, and the digest is there all the same", () => {
  const circle: Record<string, unknown> = {};
  circle.itself = circle;
  for (const value of [10n, circle, Symbol("s"), () => 1, new Map(), Number.NaN]) {
    const cart = structuredClone(CART);
    Object.assign(cart.lines[0]!, { attributes: { unread: value } });
    Object.assign(cart.customer!, { attributes: { unread: value } });
    expect(priceOf(engine, cart).digest).toMatch(/^[0-9a-f]{64}$/);
    expect(() => JSON.stringify(priceOf(engine, cart))).not.toThrow();
  }
});

describe("what was priced before is nothing to the next cart:", () => {
  it("A, B, A with a rule that stops in B, and with values of any kind as B", () => {
    const faulty = structuredClone(CART);
    faulty.lines[0]!.quantity = 13;
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (one, other) => {
        const cart = generateCart(one);
        const first = priceOf(engine, cart);
        const before = [first.bytes, first.fuelUsed, JSON.stringify(first)];
        const random = createRandom(other);
        const middle = engine.evaluate(other % 3 === 0 ? hostileValue(random) : { ...faulty, now: other });
        if (other % 3 !== 0) {
          expect(middle.ok && middle.promotions.map(({ status }) => status)).toContain("failed");
        }
        const second = priceOf(engine, cart);
        expect([second.bytes, second.fuelUsed, JSON.stringify(second)]).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

function cartWith(put: (cart: Cart, text: string) => void, text: string): Cart {
  const cart = structuredClone(CART);
  put(cart, text);
  return cart;
}

/** One field, the object's own whatever its name. */
function named<T>(name: string, value: T): Record<string, T> {
  return Object.defineProperty({}, name, { value, enumerable: true });
}

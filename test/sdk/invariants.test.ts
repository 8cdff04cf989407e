import * as L from "@haggle/abi";
import { decodeDecision, encodeDecision, packCurrency } from "@haggle/abi";
import type { Cart, CartLine, Engine, PricedDecision, Promotion } from "@haggle/sdk";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CATEGORIES, createRandom, generateCart } from "../support/carts.ts";
import { buildDemoRules, makeEngine, priceOf } from "../support/rules.ts";

// What the default policy promises whatever the rules say, for any cart, with the demo rules.

/** The demo rules twice, the second time with other parameters, so that promotions compete for what is left. */
const MORE: readonly Promotion[] = [
  {
    id: "cheap",
    rule: "category-percent",
    priority: 60,
    parameters: { categories: ["home", "toys"], percent: "33.3333" },
  },
  { id: "any", rule: "category-percent", priority: 35, parameters: { categories: null, percent: "0.0001" } },
  { id: "gift", rule: "buy-x-get-y", priority: 55, parameters: { categories: ["books"], buy: 1, free: 1 } },
  {
    id: "half",
    rule: "segment-percent",
    priority: 3,
    parameters: { segments: null, percent: "50" },
    limits: [{ allowance: "spring", counts: "money" }],
  },
  { id: "rest", rule: "segment-percent", priority: 2, parameters: { segments: ["vip"], percent: "100" } },
  {
    id: "tied",
    rule: "coupon-amount",
    priority: 4,
    coupon: "WELCOME10",
    parameters: { off: 7, threshold: 0 },
  },
];

let engine: Engine;
let other: Engine;
beforeAll(async () => {
  const built = await buildDemoRules();
  const promotions = built.metadata.rules.map(({ name, priority }) => ({ id: name, rule: name, priority }));
  engine = await makeEngine(built, { promotions: [...promotions, ...MORE] });
  other = await makeEngine(built, { promotions: [...promotions, ...MORE] });
});

describe("for any cart", () => {
  it("shares add up, nothing is below zero, totals are sums", () => {
    fc.assert(
      fc.property(carts(), (cart) => {
        const decision = priceOf(engine, cart);
        const { lines, shipping, promotions, claims } = decision;
        for (const { discount, total, discounts } of [...lines, ...shipping]) {
          expect(discount).toBe(sum(discounts.map(({ amount }) => amount)));
          expect(total).toBeGreaterThanOrEqual(0);
          expect(discount).toBeGreaterThanOrEqual(0);
          for (const { amount } of discounts) expect(amount).toBeGreaterThan(0);
        }
        lines.forEach(({ id, discount, total }, i) => {
          expect(id).toBe(cart.lines[i]!.id);
          const { unitPrice, quantity } = cart.lines[i]!;
          expect(discount + total).toBe(unitPrice * quantity);
          const units = decision.unitDiscounts(id)!;
          expect(units.length).toBe(quantity);
          expect(sum(units)).toBe(discount);
          for (const unit of units) expect(unit >= 0 && unit <= unitPrice).toBe(true);
        });
        shipping.forEach(({ id, discount, total }, i) => {
          expect(id).toBe(cart.shipping[i]!.id);
          expect(discount + total).toBe(cart.shipping[i]!.price);
        });
        const all = [...lines, ...shipping];
        expect(decision.subtotal).toBe(sum(lines.map(({ discount, total }) => discount + total)));
        expect(decision.discountTotal).toBe(sum(all.map(({ discount }) => discount)));
        expect(decision.shippingTotal).toBe(sum(shipping.map(({ total }) => total)));
        expect(decision.total).toBe(sum(all.map(({ total }) => total)));
        for (const { id, status, wanted, granted } of promotions) {
          const taken = all.flatMap(({ discounts }) => discounts.filter(({ promotion }) => promotion === id));
          expect(granted).toBe(sum(taken.map(({ amount }) => amount)));
          expect(granted).toBeLessThanOrEqual(wanted);
          expect(status === "applied").toBe(wanted > 0 && granted === wanted);
          expect(status === "capped").toBe(granted < wanted);
        }
        expect(sum(claims.map(({ amount }) => amount))).toBe(
          promotions.find(({ id }) => id === "half")!.granted,
        );
      }),
      { numRuns: 1_500 },
    );
  });

  it("the order of lines does not matter: not for totals, lines, digest or bytes", () => {
    fc.assert(
      fc.property(carts(), fc.nat(), (cart, seed) => {
        const decision = priceOf(engine, cart);
        const shuffled = priceOf(engine, { ...cart, lines: shuffle(cart.lines, seed) });
        expect(shuffled.bytes).toEqual(decision.bytes);
        expect(shuffled.digest).toBe(decision.digest);
        expect(byId(shuffled)).toEqual(byId(decision));
      }),
      { numRuns: 1_000 },
    );
  });

  it("nor does the order of segments, categories, coupons, attributes and keys", () => {
    fc.assert(
      fc.property(carts(), (cart) => {
        const decision = priceOf(engine, cart);
        const turned = priceOf(engine, turnLists(cart));
        expect(turned.bytes).toEqual(decision.bytes);
        expect(turned.digest).toBe(decision.digest);
      }),
      { numRuns: 500 },
    );
  });

  it("one line split in two costs the same: sums per sku, totals, digest", () => {
    fc.assert(
      fc.property(carts(), fc.nat(), fc.nat(), (cart, which, at) => {
        fc.pre(cart.lines.length > 0);
        const line = cart.lines[which % cart.lines.length]!;
        fc.pre(line.quantity > 1);
        const first = 1 + (at % (line.quantity - 1));
        const lines = cart.lines.flatMap((each) =>
          each === line
            ? [
                { ...line, quantity: first },
                { ...line, id: "the other half", quantity: line.quantity - first },
              ]
            : [each],
        );
        const whole = priceOf(engine, cart);
        const split = priceOf(engine, { ...cart, lines: shuffle(lines, at) });
        expect(split.total).toBe(whole.total);
        expect(split.digest).toBe(whole.digest);
        expect(split.bytes).toEqual(whole.bytes);
        expect(perSku(split, { ...cart, lines: shuffle(lines, at) })).toEqual(perSku(whole, cart));
      }),
      { numRuns: 1_000 },
    );
  });

  it("what was priced before does not matter: A, B, A and another engine give the same bytes, fuel and JSON", () => {
    fc.assert(
      fc.property(carts(), carts(), (a, b) => {
        const first = priceOf(engine, a);
        const before = [first.bytes.slice(), first.fuelUsed, JSON.stringify(first)] as const;
        const middle = JSON.stringify(engine.evaluate(b));
        const second = priceOf(engine, a);
        expect([second.bytes, second.fuelUsed, JSON.stringify(second)]).toEqual(before);
        expect(JSON.stringify(first)).toBe(before[2]);
        expect(JSON.stringify(priceOf(other, a))).toBe(before[2]);
        expect(JSON.stringify(other.evaluate(b))).toBe(middle);
      }),
      { numRuns: 500 },
    );
  });

  it("ids and the moment do not reach the digest, amounts and whoever pays do", () => {
    fc.assert(
      fc.property(carts(), (cart) => {
        const { digest } = priceOf(engine, cart);
        const renamed = { ...cart, id: "another", now: cart.now + 1 };
        expect(priceOf(engine, renamed).digest).toBe(digest);
        for (const changed of [
          { ...cart, currency: "USD" },
          { ...cart, channel: "kiosk" },
          { ...cart, coupons: [...cart.coupons, "MORE"] },
          { ...cart, customer: { ...cart.customer!, orders: cart.customer!.orders + 1 } },
          { ...cart, shipping: [...cart.shipping, { id: "s9", method: "m", price: 0 }] },
        ]) {
          expect(priceOf(engine, changed).digest).not.toBe(digest);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("its bytes hold nothing but its records: written again they say the same, in as much room", () => {
    fc.assert(
      fc.property(carts(), (cart) => {
        const { bytes, currency, subtotal, discountTotal, shippingTotal, total, promotions } = priceOf(
          engine,
          cart,
        );
        const words = new Int32Array(bytes.slice().buffer);
        const counts = {
          lines: words[L.DECISION_LINE_COUNT >> 2]!,
          shipping: cart.shipping.length,
          promotions: promotions.length,
          symbols: L.MAX_SYMBOLS,
        };
        const records = decodeDecision(words, counts);
        const amounts = { subtotal, discountTotal, shippingTotal, total, taxTotal: 0, cash: 0, flags: 0 };
        const again = encodeDecision({ currency: packCurrency(currency), ...amounts }, records);
        expect(again.length).toBe(bytes.length);
        expect(decodeDecision(new Int32Array(again.buffer), counts)).toEqual(records);
      }),
      { numRuns: 300 },
    );
  });
});

/** Carts at hand, some with the same line several times, some with very small and very large prices. */
function carts(): fc.Arbitrary<Cart> {
  const shape = fc.record({
    seed: fc.nat(1_000_000),
    lines: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(60)),
    price: fc.constantFrom("as it is", "small", "large", "zero"),
    repeat: fc.nat(3),
  });
  return shape.map(({ seed, lines, price, repeat }) => {
    const cart = generateCart(seed, lines);
    const priced = cart.lines.map((line, i) => ({
      ...line,
      // More than the generator's, so that lines differ in one thing at a time.
      unitPrice: {
        "as it is": line.unitPrice,
        small: line.unitPrice % 4,
        large: line.unitPrice * 1_000_000_007,
        zero: 0,
      }[price],
      categories: i % 5 === 0 ? CATEGORIES.slice(0, 4) : line.categories,
    }));
    const copies = priced.slice(0, repeat).map((line, i) => ({ ...line, id: `copy-${i}`, quantity: i + 1 }));
    const shipping =
      seed % 3 === 0 ? [...cart.shipping, { id: "s2", method: "parcel", price: 1 }] : cart.shipping;
    return { ...cart, lines: [...copies, ...priced], shipping };
  });
}

function turnLists(cart: Cart): Cart {
  const turnKeys = <T extends object>(value: T): T =>
    Object.fromEntries(Object.entries(value).toReversed()) as T;
  const line = (each: CartLine): CartLine =>
    turnKeys({
      ...each,
      categories: each.categories.toReversed(),
      ...(each.attributes && { attributes: turnKeys(each.attributes) }),
    });
  const { customer } = cart;
  return turnKeys({
    ...cart,
    lines: cart.lines.map(line),
    coupons: cart.coupons.toReversed(),
    ...(customer && { customer: turnKeys({ ...customer, segments: customer.segments.toReversed() }) }),
  });
}

function byId({ lines }: PricedDecision) {
  return lines.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function perSku({ lines }: PricedDecision, cart: Cart): Record<string, number> {
  const sums: Record<string, number> = {};
  lines.forEach(({ total }, i) => {
    const { sku } = cart.lines[i]!;
    sums[sku] = (sums[sku] ?? 0) + total;
  });
  return sums;
}

function shuffle<T>(list: readonly T[], seed: number): T[] {
  const random = createRandom(seed);
  return list
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

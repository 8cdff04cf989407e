// Pricing with the index of candidates is pricing without it, and any other promotion is explained on demand.

import type { Cart, Promotion } from "@haggle/abi";
import type { Engine, PricedDecision } from "@haggle/sdk";
import { explainPromotion } from "@haggle/sdk/explain";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { generateCart } from "../support/carts.ts";
import { KINDS_GROUPS, manyKinds } from "../support/many-kinds.ts";
import { type BuiltRules, buildDemoRules, expectPriced, makeEngine, priceOf } from "../support/rules.ts";

let built: BuiltRules;
beforeAll(async () => {
  built = await buildDemoRules();
});

function everyStatus({ promotions }: PricedDecision) {
  return new Map(promotions.map((outcome) => [outcome.id, outcome]));
}

describe("an engine with many promotions", () => {
  it("prices as one that looks at all of them", async () => {
    const sizes: [candidates: number, promotions: number][] = [];
    for (const seed of [1, 2, 3, 4]) {
      const promotions = manyKinds(seed, 120);
      const engine = await makeEngine(built, { promotions, policy: { groups: KINDS_GROUPS } });
      const all = promotions.map(({ id }) => id);
      fc.assert(
        fc.property(fc.nat(100_000), fc.integer({ min: 0, max: 8 }), (cartSeed, lines) => {
          const cart: Cart = { ...generateCart(cartSeed, lines), allowances: { spring: cartSeed % 300 } };
          const indexed = priceOf(engine, cart);
          const whole = expectPriced(engine.evaluate(cart, { candidates: all }));
          expect(whole.promotions.length).toBe(promotions.length);
          sizes.push([indexed.promotions.length, whole.promotions.length]);
          expect(indexed.digest).toBe(whole.digest);
          const fields = ({ total, lines, shipping, claims, grants, messages, coupons }: PricedDecision) =>
            JSON.stringify({ total, lines, shipping, claims, grants, messages, coupons });
          expect(fields(indexed)).toBe(fields(whole));
          const statuses = everyStatus(whole);
          for (const outcome of indexed.promotions) expect(outcome).toEqual(statuses.get(outcome.id));
          const looked = everyStatus(indexed);
          for (const { id, status, granted } of whole.promotions) {
            if (looked.has(id)) continue;
            expect(granted).toBe(0);
            expect(["notEligible", "inactive", "lost", "stopped", "exhausted"]).toContain(status);
          }
        }),
        { numRuns: 60 },
      );
    }
    // The index has something to leave out.
    const average = sizes.reduce((sum, [candidates, count]) => sum + candidates / count, 0) / sizes.length;
    expect(average).toBeLessThan(0.6);
  });
});

describe("what a channel switches off", () => {
  const sale = (id: string): Promotion => ({
    id,
    priority: 1,
    effects: [{ target: "order", percent: "10" }],
  });
  it.each([
    { off: ["sale"], left: ["sales"] },
    { off: ["sale~b"], left: ["sale", "sales"] },
  ])("with $off, all of its variants and nothing else", async ({ off, left }) => {
    const promotions = [sale("sale"), sale("sale~b"), sale("sales")];
    const engine = await makeEngine(built, { promotions, off: { promotions: off } });
    expect(
      priceOf(engine, { ...generateCart(3, 2), coupons: [] })
        .promotions.map(({ id }) => id)
        .sort(),
    ).toEqual(left);
  });
});

describe("explaining any promotion", () => {
  let engine: Engine;
  beforeAll(async () => {
    const others = Array.from({ length: 80 }, (_, i): Promotion => {
      const filter = { skus: [`no-sku-${i}`] };
      return { id: `other-${i}`, priority: 0, effects: [{ target: "line", percent: "10", filter }] };
    });
    const vip: Promotion = {
      ...{ id: "vip", priority: 1, effects: [{ target: "order", percent: "10" }] },
      conditions: [{ kind: "segments", match: ["vip"] }],
    };
    const switchedOff: Promotion = { id: "off", priority: 1, effects: [{ target: "order", percent: "10" }] };
    engine = await makeEngine(built, {
      promotions: [...others, vip, switchedOff],
      off: { promotions: ["off"] },
    });
  });

  const cart: Cart = { ...generateCart(3, 2), coupons: [] };
  const customer = { ...cart.customer!, segments: ["newsletter"] };

  it("looks at one that nothing in the cart concerns", () => {
    const plain = { ...cart, customer };
    expect(priceOf(engine, plain).promotions).toEqual([]);
    expect(explainPromotion(engine, plain, "vip")).toEqual({
      promotion: "vip",
      status: "notEligible",
      text: "'vip' did not apply: customer segments newsletter, needs vip.",
    });
    expect(explainPromotion(engine, plain, "other-3").text).toBe(
      "'other-3' did not apply: it gives this cart nothing.",
    );
    expect(
      explainPromotion(engine, { ...cart, customer: { ...customer, segments: ["vip"] } }, "vip"),
    ).toMatchObject({ status: "applied" });
  });

  it("says so when it cannot", () => {
    expect(explainPromotion(engine, cart, "off").text).toBe(
      "'off' did not run: the channel switches it off.",
    );
    expect(explainPromotion(engine, cart, "nobody").text).toBe("'nobody' is not in this release.");
    expect(explainPromotion(engine, { ...cart, currency: "XXX" }, "vip", "zh-CN").text).toBe(
      "「vip」无法说明：购物车无法计价（CART_UNKNOWN_CURRENCY）。",
    );
  });
});

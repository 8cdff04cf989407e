// What the engine says became of promotions, as people read it: each status once, from real evaluations.

import type { Cart, Policy, Promotion } from "@haggle/abi";
import type { PricedDecision } from "@haggle/sdk";
import { explain } from "@haggle/sdk/explain";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, makeEngine, priceOf } from "../support/rules.ts";

const RULE = `@promo(name="broken")
export function broken(ctx: Context): Result { assert(ctx.cart.total < 0, "never"); return Result.none(); }`;

const CART: Cart = {
  id: "cart",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: [
    { id: "boots", sku: "boot", productId: "boot", categories: ["shoes"], quantity: 2, unitPrice: 20_00 },
    { id: "socks", sku: "sock", productId: "sock", categories: [], quantity: 1, unitPrice: 5_00 },
  ],
  shipping: [{ id: "parcel", method: "parcel", price: 4_90 }],
  coupons: [],
};

let built: BuiltRules;
beforeAll(async () => {
  built = await buildRules({ broken: RULE });
});

type Setup = { policy?: Partial<Policy>; cart?: Partial<Cart> };

async function decide(promotions: readonly Partial<Promotion>[], { policy = {}, cart = {} }: Setup = {}) {
  const full = promotions.map((promotion, i): Promotion => ({ id: `p${i}`, priority: -i, ...promotion }));
  const engine = await makeEngine(built, { promotions: full, policy });
  const whole = { ...CART, ...cart };
  const decision = priceOf(engine, whole);
  const options = { promotions: engine.promotions, policy: engine.policy, cart: whole };
  return { decision, texts: explain(decision, options).map(({ text }) => text) };
}

const OFF = { effects: [{ target: "order", amount: 5_00 }] } satisfies Partial<Promotion>;
const SHOES = { categories: ["shoes"] };

describe("outcomes in words", () => {
  it.each<[string, Partial<Promotion>[], Setup, string[]]>([
    [
      "goods and shipping",
      [
        {
          effects: [
            { target: "line", percent: "10", filter: SHOES },
            { target: "shipping", percent: "100" },
          ],
        },
      ],
      {},
      ["'p0' took €4.00 off 1 line; took €4.90 off shipping."],
    ],
    [
      "a gift, points and money back",
      [
        {
          effects: [
            { target: "gift", sku: "mug", productId: "mug", unitPrice: 3_00, quantity: 1 },
            { target: "points", amount: 45 },
            { target: "cashback", percent: "10" },
          ],
        },
      ],
      {},
      ["'p0' added 1 × mug; gave 45 points; gives €4.50 back later."],
    ],
    [
      "more than there is",
      [{ effects: [{ target: "order", amount: 40_00 }] }, OFF, OFF],
      {},
      [
        "'p0' took €40.00 off 2 lines.",
        "'p1' took €5.00 off 2 lines.",
        "'p2' wanted €5.00, but nothing could be taken off.",
      ],
    ],
    [
      "a group whose highest wins",
      [
        { ...OFF, group: "g" },
        { effects: [{ target: "order", percent: "50" }], group: "g" },
      ],
      { policy: { groups: { g: { mode: "highest" } } } },
      ["'p0' lost to 'p1'.", "'p1' took €22.50 off 2 lines."],
    ],
    [
      "a group whose first wins",
      [
        { ...OFF, group: "g" },
        { ...OFF, group: "g" },
      ],
      { policy: { groups: { g: { mode: "first" } } } },
      ["'p0' took €5.00 off 2 lines.", "'p1' lost to 'p0'."],
    ],
    [
      "one that stands alone",
      [{ ...OFF, exclusive: true }, OFF],
      {},
      ["'p0' took €5.00 off 2 lines.", "'p1' lost to 'p0'."],
    ],
    [
      "one that lets nothing follow",
      [{ ...OFF, stopAfter: true }, OFF],
      {},
      ["'p0' took €5.00 off 2 lines.", "'p1' did not run: 'p0' lets nothing follow."],
    ],
    [
      "an allowance that is used up",
      [{ ...OFF, limits: [{ allowance: "once", counts: "uses" }] }],
      { cart: { allowances: { once: 0 } } },
      ["'p0' did not apply: too little is left of 'once'."],
    ],
    [
      "one whose coupon is missing",
      [{ ...OFF, coupon: "HELLO" }],
      {},
      ["'p0' did not run: it needs the coupon HELLO."],
    ],
    [
      "the second condition",
      [
        {
          ...OFF,
          conditions: [
            { kind: "quantity", value: 3 },
            { kind: "goodsTotal", value: 50_00 },
          ],
        },
      ],
      {},
      ["'p0' did not apply: goods total €45.00, needs at least €50.00 (€5.00 more)."],
    ],
    [
      "what would unlock it",
      [{ ...OFF, unlock: true, conditions: [{ kind: "quantity", value: 5 }] }],
      {},
      ["'p0' did not apply: number of pieces 3, needs at least 5 (2 more); is 2 away."],
    ],
    [
      "effects with nothing to work on",
      [{ effects: [{ target: "line", percent: "10", filter: { skus: ["hat"] } }] }],
      {},
      ["'p0' did not apply: it gives this cart nothing."],
    ],
    [
      "a rule that stops",
      [{ rule: "broken" }, OFF],
      {},
      ["'p0' failed and was left out (ENGINE_RULE_TRAP).", "'p1' took €5.00 off 2 lines."],
    ],
  ])("%s", async (_, promotions, setup, sentences) => {
    expect((await decide(promotions, setup)).texts).toEqual(sentences);
  });
});

describe("what a policy computes", () => {
  it("is told with net and gross totals", async () => {
    const lines = CART.lines.map((line) => ({ ...line, taxRate: "20" }));
    const shipping = [{ id: "parcel", method: "parcel", price: 4_90, taxRate: "20" }];
    const read = ({ total, taxTotal, totalNet, totalGross, cashRounding }: PricedDecision) => ({
      ...{ total, taxTotal, totalNet, totalGross, cashRounding },
    });
    const net = await decide([OFF], {
      policy: { tax: { prices: "net", per: "line" }, cash: { step: 5, rounding: "down" } },
      cart: { lines, shipping },
    });
    // 40.00 + 4.90 net, and a fifth of it: 53.88, which coins cannot pay.
    expect(read(net.decision)).toEqual({
      ...{ total: 53_85, totalGross: 53_88, totalNet: 44_90, taxTotal: 8_98, cashRounding: -3 },
    });
    const gross = await decide([OFF], {
      policy: { tax: { prices: "gross", per: "rate" } },
      cart: { lines, shipping },
    });
    expect(read(gross.decision)).toEqual({
      ...{ total: 44_90, totalGross: 44_90, totalNet: 37_42, taxTotal: 7_48, cashRounding: undefined },
    });
    const taxes = [...gross.decision.lines, ...gross.decision.shipping].map(({ tax }) => tax!);
    expect(taxes.reduce((sum, tax) => sum + tax, 0)).toBe(7_48);
  });

  it("claims what was drawn, and adds gifts to the subtotal", async () => {
    const { decision } = await decide(
      [
        { ...OFF, limits: [{ allowance: "spring", counts: "money" }] },
        { effects: [{ target: "gift", sku: "mug", productId: "mugs", unitPrice: 3_00, quantity: 2 }] },
      ],
      { cart: { allowances: { spring: 3_00 } } },
    );
    expect(decision.claims).toEqual([{ promotion: "p0", allowance: "spring", amount: 3_00 }]);
    expect(decision.added).toEqual([
      { sku: "mug", productId: "mugs", quantity: 2, unitPrice: 3_00, discount: 6_00, promotion: "p1" },
    ]);
    expect(decision).toMatchObject({ subtotal: 51_00, discountTotal: 9_00, total: 46_90 });
    expect(decision.digest).toMatch(/^[0-9a-f]{64}$/);
  });
});

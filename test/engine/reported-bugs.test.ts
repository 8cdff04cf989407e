import type { Cart, CartLine, Policy, Promotion } from "@haggle/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, makeEngine, priceOf } from "../support/rules.ts";

// What users of other promotion engines reported there, by the number of the report, each as it would have to happen here. Those about
// coupons, budgets and refunds stand where those are tested: vendure#4660 in budgets-crowd and coupons, medusa#13760 in budgets,
// vendure#4811 in refunds, medusa#16502 in inventory.

let built: BuiltRules;
beforeAll(async () => {
  built = await buildRules({
    none: '@promo(name="none")\nexport function none(ctx: Context): Result { return Result.none(); }\n',
  });
});

type Goods = Partial<CartLine> & Pick<CartLine, "unitPrice">;

function cartOf(goods: readonly Goods[], more: Partial<Cart> = {}): Cart {
  const lines = goods.map((line, i) => ({
    id: String(i + 1),
    sku: `sku-${i + 1}`,
    productId: `product-${i + 1}`,
    categories: [],
    quantity: 1,
    ...line,
  }));
  return { id: "cart", currency: "EUR", now: 1_767_225_600_000, lines, shipping: [], coupons: [], ...more };
}

const promotion = (id: string, effects: Promotion["effects"], more: Partial<Promotion> = {}): Promotion => ({
  id,
  priority: 1,
  effects: effects!,
  ...more,
});

async function price(cart: Cart, promotions: readonly Promotion[], policy: Partial<Policy> = {}) {
  return priceOf(await makeEngine(built, { promotions, policy }), cart);
}

/** What is left of each line, by its id. */
function linesOf({ lines }: Awaited<ReturnType<typeof price>>): Record<string, number> {
  return Object.fromEntries(lines.map(({ id, total }) => [id, total]));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

describe("reported of other engines", () => {
  it.each([
    ["a percentage", { percent: "100" }],
    ["an amount", { amount: 100_00 }],
  ])(
    "medusa#12226, #12429: %s that takes everything leaves nothing, with taxes in the price",
    async (_, value) => {
      const goods = [33_33, 33_33, 33_34].map((unitPrice) => ({ unitPrice, taxRate: "19" }));
      const decision = await price(cartOf(goods), [promotion("all", [{ target: "order", ...value }])], {
        tax: { prices: "gross", per: "line" },
      });
      expect(decision.total).toBe(0);
      expect(Object.values(linesOf(decision))).toEqual([0, 0, 0]);
    },
  );

  it("medusa#13431: who buys gets the same, in whatever order the goods came into the cart", async () => {
    const goods = [
      { id: "a", sku: "a", unitPrice: 10_00, quantity: 2 },
      { id: "b", sku: "b", unitPrice: 20_00 },
      { id: "c", sku: "c", unitPrice: 30_00 },
    ];
    const buy = { quantity: 2, filter: { skus: ["a", "b"] } };
    const free = promotion("free", [{ target: "unit", percent: "100", units: { buy, get: 1 } }]);
    const all = await Promise.all(permutations(goods).map((each) => price(cartOf(each), [free])));
    expect(
      new Set(all.map((decision) => JSON.stringify(Object.entries(linesOf(decision)).sort()))).size,
    ).toBe(1);
    expect(all[0]!.total).toBeLessThan(70_00);
  });

  it.each([
    [2, undefined, 0],
    [3, undefined, 1],
    [8, undefined, 2],
    [9, undefined, 3],
    [9, 2, 2],
  ])(
    "medusa#13265, #8829, #14432: of %i pieces, at most %s times, %i are free",
    async (quantity, maxTimes, free) => {
      const units = { buy: { quantity: 2 }, get: 1, ...(maxTimes !== undefined && { maxTimes }) };
      const three = promotion("three", [{ target: "unit", percent: "100", units }]);
      const { total } = await price(cartOf([{ unitPrice: 10_00, quantity }]), [three]);
      expect(total).toBe((quantity - free) * 10_00);
    },
  );

  it("medusa#14934: an amount is never taken for a percentage", async () => {
    const cart = cartOf([{ unitPrice: 2_000_00 }]);
    const { total } = await price(cart, [promotion("fixed", [{ target: "order", amount: 500_00 }])]);
    expect(total).toBe(1_500_00);
    const wrong = promotion("wrong", [
      { target: "order", percent: 500_00 },
    ] as unknown as Promotion["effects"]);
    await expect(price(cart, [wrong])).rejects.toThrow("DOCUMENT_BAD_FIELD");
  });

  it("saleor#17453: 40 % and 70 % say of what they are, and give nothing away that is not there", async () => {
    const both = (base: "initial" | "current") =>
      ["40", "70"].map((percent, i) =>
        promotion(percent, [{ target: "order", percent, base }], { priority: 2 - i }),
      );
    const cart = cartOf([{ unitPrice: 100_00 }]);
    expect((await price(cart, both("current"))).total).toBe(18_00);
    expect((await price(cart, both("initial"))).total).toBe(0);
  });

  it.each(["halfUp", "halfEven", "halfDown", "down", "up"] as const)(
    "saleor#12040: rounded %s, lines and total of 10.24 differ by nothing",
    async (share) => {
      const goods = [{ unitPrice: 1_28, quantity: 3 }, { unitPrice: 2_13, quantity: 2 }, { unitPrice: 2_14 }];
      const tenth = promotion("tenth", [{ target: "order", percent: "10" }]);
      const decision = await price(cartOf(goods), [tenth], {
        rounding: { amount: "halfUp", share, catalog: "halfUp", tax: "halfUp", percentOf: "line" },
      });
      const sum = Object.values(linesOf(decision)).reduce((all, total) => all + total, 0);
      expect([decision.total, sum]).toEqual([9_22, 9_22]);
    },
  );

  it("Sylius#17862: two discounts of an order are shared alike, in whatever order its lines stand", async () => {
    const goods = [9_99, 10_01, 3_33].map((unitPrice, i) => ({ id: `l${i}`, sku: `s${i}`, unitPrice }));
    const two = [
      promotion("first", [{ target: "order", amount: 1_00 }], { priority: 2 }),
      promotion("second", [{ target: "order", percent: "7" }]),
    ];
    const all = await Promise.all(permutations(goods).map((each) => price(cartOf(each), two)));
    const shares = new Set(all.map((decision) => JSON.stringify(Object.entries(linesOf(decision)).sort())));
    expect(shares.size).toBe(1);
    for (const decision of all) {
      expect(Object.values(linesOf(decision)).reduce((sum, total) => sum + total, 0)).toBe(decision.total);
    }
  });

  it("Sylius#13371: what is promised off an order is not lost on goods that are free anyway", async () => {
    const goods = [{ sku: "free", unitPrice: 20_00 }, { unitPrice: 30_00 }];
    const decision = await price(cartOf(goods), [
      promotion("order", [{ target: "order", amount: 10_00 }], { priority: 2, phase: "order" }),
      promotion("unit", [{ target: "unit", percent: "100", filter: { skus: ["free"] } }], { phase: "line" }),
    ]);
    expect(linesOf(decision)).toEqual({ "1": 0, "2": 20_00 });
  });

  it.each([
    ["halfUp", 1_13, 1_12],
    ["halfEven", 1_12, 1_12],
    ["halfDown", 1_12, 1_12],
    ["down", 1_12, 1_12],
    ["up", 1_13, 1_13],
  ] as const)("Sylius#14522: rounding %s is the shop's to say", async (amount, half, less) => {
    const rounding = { amount, share: "down", catalog: "halfUp", tax: "halfUp", percentOf: "line" } as const;
    const off = async (unitPrice: number) => {
      const tenth = promotion("tenth", [{ target: "order", percent: "10" }]);
      return unitPrice - (await price(cartOf([{ unitPrice }]), [tenth], { rounding })).total;
    };
    expect([await off(11_25), await off(11_24)]).toEqual([half, less]);
  });

  it("vendure#3585, #3575, #1365: free shipping, a discount by quantity and the best of two coupons", async () => {
    const coupon = (id: string, percent: string) =>
      promotion(id, [{ target: "order", percent }], { group: "coupons", coupon: id });
    const many = { conditions: [{ kind: "quantity", value: 3 }], priority: 5 } as const;
    const promotions = [
      promotion("volume", [{ target: "order", amount: 5_00 }], many),
      promotion("shipping", [{ target: "shipping", percent: "100" }], { priority: 9 }),
      coupon("TEN", "10"),
      coupon("TWENTY", "20"),
    ];
    const cart = cartOf([{ unitPrice: 10_00, quantity: 3 }], {
      shipping: [{ id: "post", method: "post", price: 4_90 }],
      coupons: ["TEN", "TWENTY"],
    });
    const { total } = await price(cart, promotions, { groups: { coupons: { mode: "highest" } } });
    expect(total).toBe(19_00);
  });

  it("vendure#3320: what a cart was a moment ago has no say", async () => {
    const bulk = promotion("bulk", [{ target: "order", percent: "10" }], {
      conditions: [{ kind: "goodsTotal", value: 100_00, base: "current" }],
    });
    const engine = await makeEngine(built, { promotions: [bulk] });
    const totals = [10, 11, 12, 10, 9, 10].map(
      (quantity) => priceOf(engine, cartOf([{ unitPrice: 10_00, quantity }])).total,
    );
    expect(totals).toEqual([90_00, 99_00, 108_00, 90_00, 90_00, 90_00]);
  });

  it("vendure#3075, #226, odoo#55711: ten times the lines or promotions cost no more than some ten times", async () => {
    const fuel = async (lines: number, count: number) => {
      const goods = Array.from({ length: lines }, (_, i) => ({ unitPrice: 10_00 + i }));
      const promotions = Array.from({ length: count }, (_, i) =>
        promotion(`p${i}`, [{ target: "order", amount: 1 }], {
          conditions: [{ kind: "goodsTotal", value: 1_00 }],
        }),
      );
      return (await price(cartOf(goods), promotions)).fuelUsed;
    };
    expect((await fuel(100, 10)) / (await fuel(10, 10))).toBeLessThan(12);
    expect((await fuel(10, 100)) / (await fuel(10, 10))).toBeLessThan(12);
  });

  it("Shopify function-examples#167: a discount of goods is one of all of them", async () => {
    const goods = [{ unitPrice: 10_00 }, { unitPrice: 20_00 }, { unitPrice: 30_00 }];
    const decision = await price(cartOf(goods), [promotion("tenth", [{ target: "line", percent: "10" }])]);
    expect(linesOf(decision)).toEqual({ "1": 9_00, "2": 18_00, "3": 27_00 });
  });
});

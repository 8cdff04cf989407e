import { describe, expect, it } from "vitest";
import { cartOf, discounts, outcomes, priced, type Sketch } from "./cases.ts";

// Sections 1 and 4 to 6 of engine/cli/PRICING.md by examples that were computed on paper.

const policy = (rounding: object) => ({
  rounding: {
    amount: "halfUp",
    share: "down",
    catalog: "halfUp",
    tax: "halfUp",
    percentOf: "line",
    ...rounding,
  } as const,
});

describe("lines", () => {
  it("equal but for id and quantity are one, and told apart by quantity", () => {
    const cart = cartOf([
      { price: 100, sku: "x", productId: "x", quantity: 2 },
      { price: 50 },
      { price: 100, sku: "x", productId: "x", quantity: 1 },
    ]);
    const decision = priced(cart, [{ effects: [{ target: "lines", filter: { skus: ["x"] }, amount: 10 }] }]);
    expect(decision.records.map(({ positions }) => positions)).toEqual([[1], [0, 2]]);
    // 10 x 2/3 = 6.67 and 10 x 1/3 = 3.33: the larger fraction is the first line's.
    expect(decision.lines.map(({ discount }) => Number(discount))).toEqual([7, 0, 3]);
  });

  it("stay apart, in the cart's order, when they are taken as given", () => {
    const cart = cartOf([{ price: 100, sku: "x" }, { price: 50 }, { price: 100, sku: "x" }]);
    const effects = [{ target: "order", amount: 1, split: "even" }] as const;
    expect(discounts(cart, [{ effects }], { lines: "asGiven" })).toEqual([1, 0, 0]);
    expect(discounts(cart, [{ effects }])).toEqual([0, 1, 0]);
  });
});

describe("units", () => {
  const cart = cartOf([
    { price: 10, quantity: 2 },
    { price: 20, quantity: 2 },
    { price: 30, quantity: 1 },
  ]);
  const free = { target: "unit", percent: "100" } as const;
  const of = (units: object) => discounts(cart, [{ effects: [{ ...free, units }] }]);

  it("are picked in the order asked for", () => {
    expect(of({ max: 1 })).toEqual([10, 0, 0]);
    expect(of({ max: 2, pick: "dearest" })).toEqual([0, 20, 30]);
    expect(of({ max: 3, pick: "largest" })).toEqual([20, 20, 0]);
    expect(of({ maxPerLine: 1, max: 2 })).toEqual([10, 20, 0]);
  });

  it("every nth, by unit or by line, from the cheapest on", () => {
    // 10 10 20 20 30: positions 1, 3, 5; behind the first one 2 and 4.
    expect(of({ every: 2 })).toEqual([10, 20, 30]);
    expect(of({ every: 2, skipFirst: 1 })).toEqual([10, 20, 0]);
    expect(of({ every: 2, over: "lines" })).toEqual([20, 0, 30]);
  });

  it("in full groups only", () => {
    expect(of({ groupsOf: 2 })).toEqual([20, 40, 0]);
    expect(of({ groupsOf: 2, per: "line" })).toEqual([20, 40, 0]);
    expect(of({ groupsOf: 3, pick: "dearest" })).toEqual([0, 40, 30]);
  });

  it("buy two get one: free ones are the cheapest, set aside first", () => {
    // Round 1: free 10, bought 30 and 20; round 2 finds 10 and 20 only.
    expect(of({ buy: { quantity: 2 }, get: 1 })).toEqual([10, 0, 0]);
    expect(of({ buy: { quantity: 1 }, get: 1 })).toEqual([20, 0, 0]);
    expect(of({ buy: { quantity: 1 }, get: 1, maxTimes: 1 })).toEqual([10, 0, 0]);
    // Bought ones first: 30 is bought, 20 is free, then 20 is bought, 10 is free.
    expect(of({ buy: { quantity: 1 }, get: 1, reserve: "buy", pick: "dearest" })).toEqual([10, 20, 0]);
  });

  it("fewer free ones will do when that is said", () => {
    const whole = { buy: { quantity: 3 }, get: 3 };
    expect(of(whole)).toEqual([0, 0, 0]);
    expect(of({ ...whole, partial: true })).toEqual([20, 0, 0]);
    expect(of({ ...whole, partial: true, max: 1 })).toEqual([10, 0, 0]);
  });

  it("buy one kind, get another", () => {
    const units = { buy: { quantity: 1, filter: { skus: ["c"] } }, get: 1 };
    const effects = [{ ...free, filter: { skus: ["a", "b"] }, units }];
    expect(discounts(cart, [{ effects }])).toEqual([10, 0, 0]);
  });

  it("buy and get for each line apart", () => {
    expect(of({ buy: { quantity: 1 }, get: 1, per: "line" })).toEqual([10, 20, 0]);
  });

  it("a bundle is there as often as all its slots are, and its price is paid as often", () => {
    const bundle = [
      { filter: { skus: ["a"] }, quantity: 1 },
      { filter: { skus: ["b", "c"] }, quantity: 1 },
    ];
    // Twice: 2 x 10 + 2 x 20 = 60 for 2 x 25.
    const effects = [{ target: "lines", price: 25, units: { bundle } }] as const;
    expect(discounts(cart, [{ effects }])).toEqual([3, 7, 0]);
    const once = [{ ...effects[0], units: { bundle, maxTimes: 1 } }];
    // What is left of the lines, 20 and 40, is what 5 is split by.
    expect(discounts(cart, [{ effects: once }])).toEqual([2, 3, 0]);
  });

  it("used once and for all serve no later promotion that says so", () => {
    const half = {
      unitsOnce: true,
      effects: [{ target: "unit", percent: "50", units: { max: 3 } }],
    } as const;
    // The first takes 10 10 20, the second 20 30.
    expect(discounts(cart, [half, half])).toEqual([10, 20, 15]);
    expect(discounts(cart, [half, { effects: half.effects }])).toEqual([20, 20, 0]);
  });
});

describe("values", () => {
  it("percentages of units are rounded for the line or for each unit", () => {
    const cart = cartOf([{ price: 33, quantity: 3 }]);
    const effects = [{ target: "unit", percent: "10" }] as const;
    expect(discounts(cart, [{ effects }])).toEqual([10]);
    expect(discounts(cart, [{ effects }], policy({ percentOf: "unit" }))).toEqual([9]);
  });

  it("fixed prices, amounts no higher than the price, caps", () => {
    const cart = cartOf([{ price: 30, quantity: 2 }, { price: 50 }]);
    const of = (effect: object) => discounts(cart, [{ effects: [{ target: "unit", ...effect } as never] }]);
    expect(of({ price: 35 })).toEqual([0, 15]);
    expect(of({ amount: 40 })).toEqual([60, 40]);
    expect(of({ amount: 40, maxPerUnit: 7 })).toEqual([14, 7]);
    expect(of({ amount: 20, maxPerLine: 25 })).toEqual([25, 20]);
    expect(of({ price: { of: { skus: ["a"] } } })).toEqual([0, 20]);
    expect(of({ price: { of: { skus: ["z"] } } })).toEqual([0, 0]);
  });

  it("a cap of the whole effect is shared out in three ways", () => {
    const cart = cartOf([{ price: 20 }, { price: 60 }]);
    const effect = { target: "unit", amount: 20, maxAmount: 10 } as const;
    const of = (capSplit: "wanted" | "totals" | "order") =>
      discounts(cart, [{ effects: [{ ...effect, capSplit }] }]);
    expect(of("wanted")).toEqual([5, 5]);
    // 10 x 20/80 = 2.5 and 7.5, the odd one to the first of equal fractions.
    expect(of("totals")).toEqual([3, 7]);
    expect(of("order")).toEqual([10, 0]);
  });

  it("tiers hold whole, or each for what lies in it", () => {
    const cart = cartOf([{ price: 130 }]);
    const steps = [
      { from: 50, percent: "10" },
      { from: 100, percent: "20" },
    ];
    const of = (mode: "whole" | "marginal") =>
      discounts(cart, [{ effects: [{ target: "order", tiers: { by: "total", mode, steps } }] }]);
    expect(of("whole")).toEqual([26]);
    expect(of("marginal")).toEqual([11]);
  });

  it("tiers by the units of a line", () => {
    const cart = cartOf([
      { price: 10, quantity: 2 },
      { price: 11, quantity: 3 },
    ]);
    const tiers = { by: "lineQuantity", steps: [{ from: 3, amount: 1 }] } as const;
    expect(discounts(cart, [{ effects: [{ target: "unit", tiers }] }])).toEqual([0, 3]);
  });

  it("the base is the initial or the current total", () => {
    const cart = cartOf([{ price: 100 }]);
    const half = { effects: [{ target: "order", percent: "50" }] } as const;
    expect(discounts(cart, [half, half])).toEqual([100]);
    expect(discounts(cart, [half, half], { percentBase: "current" })).toEqual([75]);
  });
});

describe("splits", () => {
  const cart = cartOf([{ price: 10 }, { price: 20 }, { price: 30 }]);
  const off = (amount: number, effect: object = {}) =>
    [{ effects: [{ target: "order", amount, ...effect } as never] }] as const;

  it("largest fractions first, the first of equal ones", () => {
    expect(discounts(cart, off(10))).toEqual([2, 3, 5]);
    expect(discounts(cart, off(10, { split: "even" }))).toEqual([4, 3, 3]);
  });

  it("remainders to the first lines, to the last, to nobody", () => {
    const of = (remainder: "first" | "last" | "none", rounding = {}) =>
      discounts(cart, off(10, { split: "even" }), { remainder, ...policy(rounding) });
    expect(of("first")).toEqual([4, 3, 3]);
    expect(of("last")).toEqual([3, 3, 4]);
    expect(of("none")).toEqual([3, 3, 3]);
    expect(of("first", { share: "up" })).toEqual([3, 3, 4]);
    expect(of("last", { share: "up" })).toEqual([4, 4, 2]);
    expect(of("none", { share: "up" })).toEqual([4, 4, 4]);
  });

  it("a last share is not negative: the one before it gives", () => {
    const policies = { remainder: "last", ...policy({ share: "up" }) } as const;
    expect(discounts(cart, off(1, { split: "even" }), policies)).toEqual([1, 0, 0]);
  });

  it("what does not fit above a floor goes elsewhere, or is lost", () => {
    const floored = cartOf([{ price: 10, minUnitPrice: 9 }, { price: 20 }, { price: 30 }]);
    // 12 by 10:20:30 is 2, 4, 6; the first has room for 1, the other 1 goes by 20:30 to the third.
    expect(discounts(floored, off(12))).toEqual([1, 4, 7]);
    expect(discounts(floored, off(12), { respread: false })).toEqual([1, 4, 6]);
    expect(outcomes(floored, off(12), { respread: false })).toEqual(["capped 11/12"]);
  });

  it("by gross weights where prices are without tax", () => {
    const mixed = cartOf([
      { price: 100, taxRate: "0" },
      { price: 100, taxRate: "50", sku: "z" },
    ]);
    const net = { tax: { prices: "net", per: "line" } } as const;
    expect(discounts(mixed, off(10), net)).toEqual([5, 5]);
    expect(discounts(mixed, off(10), { ...net, splitGross: true })).toEqual([4, 6]);
  });

  it("in proportion to what is left, or to the initial totals", () => {
    const first = {
      priority: 9,
      effects: [{ target: "line", filter: { skus: ["c"] }, amount: 20 }],
    } as const;
    expect(discounts(cart, [first, ...off(8)])).toEqual([2, 4, 22]);
    // 8 by 10:20:30 is 1.33, 2.67, 4.
    expect(discounts(cart, [first, ...off(8)], { splitBase: "initial" })).toEqual([1, 3, 24]);
  });
});

describe("other effects", () => {
  const cart = cartOf([{ price: 100, quantity: 2 }], {
    shipping: [
      { id: "s1", method: "post", price: 30 },
      { id: "s2", method: "van", price: 50 },
    ],
  });
  const shipping = (effect: object, policies = {}) =>
    priced(cart, [{ effects: [{ target: "shipping", ...effect } as never] }], policies).shipping.map(
      ({ discount }) => Number(discount),
    );

  it("shipping: each entry, or one amount split over them", () => {
    expect(shipping({ percent: "50" })).toEqual([15, 25]);
    expect(shipping({ percent: "50", methods: ["van"] })).toEqual([0, 25]);
    expect(shipping({ amount: 40, each: true })).toEqual([30, 40]);
    expect(shipping({ amount: 40 })).toEqual([15, 25]);
    expect(shipping({ price: 20 })).toEqual([10, 30]);
    expect(shipping({ percent: "100", maxAmount: 16 })).toEqual([6, 10]);
  });

  it("shipping: one amount stays within what is left, a cap behind it goes by what that gave", () => {
    const free = { effects: [{ target: "shipping", methods: ["van"], percent: "90" }] } as const;
    const both = (effect: object) =>
      priced(cart, [free, { effects: [{ target: "shipping", ...effect } as never] }]).shipping.map(
        ({ discount }) => Number(discount),
      );
    // 30 by 30:50 is 11.25 and 18.75, but only 5 are left of the second: the first gets 25.
    expect(both({ amount: 30 })).toEqual([25, 50]);
    // 6 by 25:5.
    expect(both({ amount: 30, maxAmount: 6 })).toEqual([5, 46]);
    // 15 and 25 are wanted, 30 at most: 11.25 and 18.75, cut to 5; the rest to the first, up to its 15.
    expect(both({ percent: "50", maxAmount: 30 })).toEqual([15, 50]);
  });

  it("shipping: shares that are rounded to more than the amount are not split again", () => {
    // 4 by 30:50 is 1.5 and 2.5.
    const rounded = { ...policy({ share: "halfUp" }), remainder: "none" } as const;
    expect(shipping({ amount: 4 }, rounded)).toEqual([2, 3]);
    const four: Sketch = { effects: [{ target: "shipping", amount: 4 }] };
    expect(outcomes(cart, [four], rounded)).toEqual(["capped 5/4"]);
  });

  it("shipping: a short allowance goes by what is wanted, whatever is left", () => {
    const most: Sketch = { effects: [{ target: "shipping", methods: ["van"], percent: "90" }] };
    const limits = [{ allowance: "budget", counts: "money" }] as const;
    const given = (effect: object, policy = {}) =>
      priced(
        { ...cart, allowances: { budget: 8 } },
        [most, { limits, effects: [{ target: "shipping", ...effect } as never] }],
        policy,
      ).shipping.map(({ discount }) => Number(discount));
    // 30 and 50 are wanted, though only 5 are left of the second: 8 by 30:50.
    expect(given({ percent: "100" })).toEqual([3, 50]);
    expect(given({ amount: 90 })).toEqual([3, 50]);
    // Split first, 40 by 30:50 gives 30 and 5; 8 by 30:5.
    expect(given({ amount: 40 })).toEqual([7, 46]);
  });

  it("a gift is added, and taken off", () => {
    const gift = { target: "gift", sku: "g", productId: "g", unitPrice: 15, quantity: 1 } as const;
    const decision = priced(cart, [{ effects: [{ ...gift, perUnit: true, percent: "50" }] }]);
    expect(decision.added).toMatchObject([{ quantity: 2, unitPrice: 15n, discount: 15n }]);
    expect([decision.subtotal, decision.discountTotal, decision.total]).toEqual([230n, 15n, 295n]);
    expect(outcomes(cart, [{ effects: [gift] }])).toEqual(["applied 0/0"]);
  });

  it("a gift that is in the cart is discounted there first", () => {
    const gift = { target: "gift", sku: "a", productId: "a", unitPrice: 90, quantity: 3 } as const;
    const decision = priced(cart, [{ effects: [{ ...gift, discountPresent: true }] }]);
    expect(decision.lines[0]!.discount).toBe(200n);
    expect(decision.added).toMatchObject([{ quantity: 1, discount: 90n }]);
  });

  it("points and cashback are of what is left, rounded down", () => {
    const effects = [
      { target: "order", amount: 5 },
      { target: "points", percent: "1" },
      { target: "cashback", amount: 7 },
    ] as const;
    expect(priced(cart, [{ effects }]).grants).toMatchObject([
      { amount: 1n },
      { kind: "cashback", amount: 7n },
    ]);
  });
});

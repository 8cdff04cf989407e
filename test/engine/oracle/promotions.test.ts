import type { Condition } from "@haggle/abi";
import { describe, expect, it } from "vitest";
import { cartOf, discounts, outcomes, priced, type Sketch } from "./cases.ts";

// Sections 2, 3 and 7 to 11 of engine/cli/PRICING.md by examples that were computed on paper.

const cart = cartOf([{ price: 100 }, { price: 200 }]);
const order = (amount: number, rest: Partial<Sketch> = {}): Sketch => ({
  effects: [{ target: "order", amount }],
  ...rest,
});

describe("order", () => {
  it("phase, lane, exclusive ones when they go first, priority, id", () => {
    const sketches: Sketch[] = [
      { id: "shipping", effects: [{ target: "shipping", percent: "10" }] },
      { id: "low", effects: [{ target: "order", amount: 1 }], priority: -5 },
      { id: "alone", effects: [{ target: "order", amount: 1 }], priority: -6, exclusive: true },
      { id: "late", effects: [{ target: "order", amount: 1 }], lane: "post" },
      { id: "b", effects: [{ target: "order", amount: 1 }], priority: 5 },
      { id: "a", effects: [{ target: "order", amount: 1 }], priority: 5 },
      { id: "line", effects: [{ target: "unit", amount: 1 }], priority: -9 },
      { id: "catalog", effects: [{ target: "unit", amount: 1 }], phase: "catalog" },
    ];
    const ids = (policy: object) =>
      priced(cart, sketches, policy)
        .promotions.map(({ id }) => id)
        .join(" ");
    expect(ids({ lanes: ["", "post"] })).toBe("catalog line a b low alone late shipping");
    expect(ids({ lanes: ["post"], exclusive: "first" })).toBe("catalog line late alone a b low shipping");
    expect(ids({ lanes: ["", "post"], phases: "together" })).toBe("catalog a b shipping low alone line late");
  });

  it("the catalog phase makes prices, whole ones per unit", () => {
    const three = cartOf([{ price: 105, quantity: 3 }]);
    const catalog: Sketch = { phase: "catalog", effects: [{ target: "unit", percent: "10" }] };
    const half: Sketch = { effects: [{ target: "order", percent: "50" }] };
    // 10.5 is 11 off each: 94 x 3 = 282, half of which is 141.
    expect(discounts(three, [catalog])).toEqual([33]);
    expect(discounts(three, [catalog, half])).toEqual([33 + 141]);
    // 10 % of 94 is 9.4.
    expect(discounts(three, [catalog, catalog])).toEqual([33 + 27]);
  });
});

describe("eligibility", () => {
  it("windows, coupons and what only the server does", () => {
    expect(outcomes(cart, [order(1, { window: { until: 1_000_000 } })])).toEqual(["inactive"]);
    expect(outcomes(cart, [order(1, { window: { from: 1_000_000 } })])).toEqual(["applied 1/1"]);
    expect(outcomes(cart, [order(1, { coupon: "X" })])).toEqual(["inactive"]);
    expect(outcomes({ ...cart, coupons: ["X"] }, [order(1, { coupon: "X" })])).toEqual(["applied 1/1"]);
    expect(outcomes(cart, [order(1, { serverOnly: true })], {}, false)).toEqual(["inactive"]);
  });

  it("exclusive ones and those that let nothing follow", () => {
    const alone = order(2, { exclusive: true });
    expect(outcomes(cart, [order(1), alone, order(3)])).toEqual(["applied 1/1", "lost p0", "applied 3/3"]);
    expect(outcomes(cart, [alone, order(1)])).toEqual(["applied 2/2", "lost p0"]);
    expect(outcomes(cart, [order(1, { stopAfter: true }), order(3)])).toEqual(["applied 1/1", "stopped p0"]);
    const nothing = order(0, { stopAfter: true });
    expect(outcomes(cart, [nothing, order(3)])).toEqual(["notEligible", "applied 3/3"]);
    const line: Sketch = { effects: [{ target: "line", filter: { skus: ["a"] }, amount: 5 }] };
    expect(outcomes(cart, [line, alone, order(1)], { exclusive: "first" })).toEqual([
      "applied 5/5",
      "applied 2/2",
      "lost p1",
    ]);
  });

  const holds = (condition: Condition, given = cart, policy = {}) =>
    outcomes(given, [order(30, { conditions: [condition] })], policy)[0] === "applied 30/30";

  it("totals, counts and prices of the filter's goods", () => {
    const filter = { skus: ["b"] };
    expect(holds({ kind: "goodsTotal", value: 300 })).toBe(true);
    expect(holds({ kind: "goodsTotal", value: 300, operator: "moreThan" })).toBe(false);
    expect(holds({ kind: "goodsTotal", value: 201, filter })).toBe(false);
    expect(holds({ kind: "goodsTotal", value: 201, filter, not: true })).toBe(true);
    expect(holds({ kind: "goodsTotal", value: 270, base: "after" })).toBe(true);
    expect(holds({ kind: "goodsTotal", value: 271, base: "after" })).toBe(false);
    expect(holds({ kind: "lines", value: 2, operator: "equal" })).toBe(true);
    expect(holds({ kind: "cheapest", value: 100, operator: "lessThan" })).toBe(false);
    expect(holds({ kind: "dearest", value: 200 })).toBe(true);
    expect(holds({ kind: "cheapest", value: 0, filter: { skus: ["z"] }, not: true })).toBe(false);
  });

  it("with and without tax", () => {
    const taxed = cartOf([{ price: 119, taxRate: "19" }]);
    const gross = { tax: { prices: "gross", per: "line" } };
    expect(holds({ kind: "goodsTotal", value: 119, tax: "net" }, taxed, gross)).toBe(false);
    expect(holds({ kind: "goodsTotal", value: 100, tax: "net" }, taxed, gross)).toBe(true);
    const net = { tax: { prices: "net", per: "line" } };
    // 119 x 0.19 = 22.61
    expect(holds({ kind: "goodsTotal", value: 142, tax: "gross" }, taxed, net)).toBe(true);
  });

  it("local time", () => {
    // 1,000,000 ms is 00:16 on Thursday, 1 January 1970; an hour west it is 23:16 on Wednesday.
    const west = { ...cart, timeZone: "west" };
    const policy = { timeZones: { west: [{ from: 0, offset: -60 }] } };
    expect(holds({ kind: "timeOfDay", from: "22:00", until: "06:00" }, west, policy)).toBe(true);
    expect(holds({ kind: "timeOfDay", from: "23:00", until: "23:16" }, west, policy)).toBe(false);
    expect(holds({ kind: "weekday", days: [3] }, west, policy)).toBe(true);
    expect(holds({ kind: "weekday", days: [3], not: true }, cart, policy)).toBe(false);
  });

  it("of texts by any, every and none", () => {
    const given = { ...cart, coupons: ["A", "B"] };
    expect(holds({ kind: "coupons", match: ["B", "C"] }, given)).toBe(true);
    expect(holds({ kind: "coupons", match: { every: ["B", "C"] } }, given)).toBe(false);
    expect(holds({ kind: "coupons", match: { none: ["C"] } }, given)).toBe(true);
    expect(holds({ kind: "coupons", match: [] }, given)).toBe(false);
  });
});

describe("linked effects", () => {
  it("are all there, or none", () => {
    const effects = [
      { target: "order", amount: 5 },
      { target: "shipping", percent: "100" },
    ] as const;
    expect(outcomes(cart, [{ effects }])).toEqual(["applied 5/5"]);
    expect(outcomes(cart, [{ effects, linked: true }])).toEqual(["notEligible"]);
  });
});

describe("groups", () => {
  const groups = (mode: string, rest = {}) => ({ groups: { g: { mode, ...rest } } }) as object;
  const in_ = (sketch: Sketch): Sketch => ({ ...sketch, group: "g" });

  it("the first, the highest, the lowest, the last of equal ones", () => {
    const three = [in_(order(1)), in_(order(3)), in_(order(3))];
    expect(outcomes(cart, three, groups("first"))).toEqual(["applied 1/1", "lost p0", "lost p0"]);
    expect(outcomes(cart, three, groups("highest"))).toEqual(["lost p1", "applied 3/3", "lost p1"]);
    expect(outcomes(cart, three, groups("highest", { ties: "last" }))).toEqual([
      "lost p2",
      "lost p2",
      "applied 3/3",
    ]);
    expect(outcomes(cart, three, groups("lowest"))).toEqual(["applied 1/1", "lost p0", "lost p0"]);
  });

  it("the best set leaves out who would spoil it", () => {
    // Alone of their kind: 60 % current of 300 is 180; with 100 first, 60 % of 200 is 120: 220 together.
    const sketches = [
      in_(order(100)),
      in_({ effects: [{ target: "order", percent: "60", base: "current" }] }),
      in_({ effects: [{ target: "order", amount: 400 }], conditions: [{ kind: "goodsTotal", value: 999 }] }),
    ];
    expect(outcomes(cart, sketches, groups("best"))).toEqual([
      "applied 100/100",
      "applied 120/120",
      "notEligible 0",
    ]);
    // An undiscounted one finds nothing behind the first.
    const spoilt = [
      in_(order(10)),
      in_({ effects: [{ target: "order", percent: "60" }], undiscounted: true }),
    ];
    expect(outcomes(cart, spoilt, groups("best"))).toEqual(["lost p1", "applied 180/180"]);
  });

  it("each line to who takes most off it", () => {
    const sketches: Sketch[] = [
      in_({ effects: [{ target: "line", amount: 30 }] }),
      in_({ effects: [{ target: "line", percent: "20" }] }),
    ];
    expect(discounts(cart, sketches, groups("highest", { per: "line" }))).toEqual([30, 40]);
    expect(discounts(cart, sketches, groups("lowest", { per: "line" }))).toEqual([20, 30]);
    expect(outcomes(cart, sketches, groups("highest", { per: "line" }))).toEqual([
      "capped 30/60",
      "capped 40/60",
    ]);
  });

  it("nothing is chosen where one member is left", () => {
    const policy = {
      groups: { outer: { mode: "best", per: "line" }, inner: { mode: "stack", parent: "outer" } },
      short: "drop",
    } as const;
    const limited = order(250, { group: "inner", limits: [{ allowance: "a", counts: "money" }] });
    const first: Sketch = {
      effects: [{ target: "unit", filter: { skus: ["a"] }, percent: "100" }],
      group: "inner",
    };
    // Were the second line taken from it, the limited one would be granted nothing, and not be over its allowance.
    const given = { ...cart, allowances: { a: 13 } };
    expect(outcomes(given, [first, limited], policy)).toEqual(["applied 100/100", "exhausted"]);
  });

  it("groups in groups", () => {
    const policy = {
      groups: { outer: { mode: "highest" }, inner: { mode: "stack", parent: "outer" } },
    } as const;
    const sketches = [
      order(5, { group: "outer" }),
      order(3, { group: "inner" }),
      order(4, { group: "inner" }),
    ];
    expect(outcomes(cart, sketches, policy)).toEqual(["lost p1", "applied 3/3", "applied 4/4"]);
  });
});

describe("allowances", () => {
  const draws = (counts: "uses" | "money" | "units", sketch: Sketch): Sketch => ({
    ...sketch,
    limits: [{ allowance: "a", counts }],
  });
  const given = (a: number) => ({ ...cart, allowances: { a } });

  it("are drawn on by earlier ones first, and claimed", () => {
    const twice = [draws("uses", order(1)), draws("uses", order(2))];
    expect(outcomes(given(1), twice)).toEqual(["applied 1/1", "exhausted"]);
    const money = [draws("money", order(60)), draws("money", order(60))];
    expect(outcomes(given(100), money)).toEqual(["applied 60/60", "capped 40/60"]);
    expect(priced(given(100), money).claims.map(({ amount }) => amount)).toEqual([60n, 40n]);
    expect(priced(cart, money).claims.map(({ amount }) => amount)).toEqual([60n, 60n]);
  });

  it("that are short give part, drop the promotion, or drop shares", () => {
    const lines = draws("money", { effects: [{ target: "line", percent: "10" }] });
    expect(discounts(given(15), [lines])).toEqual([5, 10]);
    expect(discounts(given(15), [lines], { short: "drop" })).toEqual([0, 0]);
    expect(outcomes(given(15), [lines], { short: "drop" })).toEqual(["exhausted"]);
    expect(discounts(given(15), [lines], { short: "dropShare" })).toEqual([10, 0]);
    expect(outcomes(given(9), [lines], { short: "dropShare" })).toEqual(["exhausted"]);
    const units = draws("units", { effects: [{ target: "line", percent: "10" }] });
    expect(discounts(given(1), [units])).toEqual([10, 0]);
  });
});

describe("floors", () => {
  it("of unit prices and of the margin", () => {
    const floored = cartOf([{ price: 100, minUnitPrice: 95 }, { price: 200 }]);
    expect(discounts(floored, [{ effects: [{ target: "line", percent: "10" }] }])).toEqual([5, 20]);
    const costly = cartOf([
      { price: 100, unitCost: 50 },
      { price: 200, unitCost: 150 },
    ]);
    // 200 / 0.75 = 266.67: 33 may go.
    const policy = { marginFloor: { basisPoints: 2500, unknownCost: "refuse" } } as const;
    expect(discounts(costly, [{ effects: [{ target: "line", percent: "30" }] }], policy)).toEqual([30, 3]);
    expect(outcomes(costly, [order(50)], policy)).toEqual(["capped 33/50"]);
    expect(outcomes(costly, [order(50)], policy, false)).toEqual(["applied 50/50"]);
    expect(outcomes(cart, [order(50)], policy)).toEqual(["capped 0/50"]);
  });
});

describe("sums", () => {
  const taxed = cartOf(
    [
      { price: 10, quantity: 3, taxRate: "19" },
      { price: 12, taxRate: "19" },
    ],
    { shipping: [{ id: "s", method: "post", price: 7, taxRate: "19" }] },
  );
  const sums = (prices: "net" | "gross", per: "line" | "unit" | "rate") => {
    const { taxTotal, total, records } = priced(taxed, [], { tax: { prices, per } });
    return [taxTotal, total, ...records.map(({ tax }) => tax)].map(Number);
  };

  it("tax on prices or in them, per line, unit or rate", () => {
    // 5.7, 2.28 and 1.33
    expect(sums("net", "line")).toEqual([9, 58, 6, 2]);
    // 3 x 1.9, 2.28, 1.33
    expect(sums("net", "unit")).toEqual([9, 58, 6, 2]);
    // 49 x 0.19 = 9.31: 9 by 30:12:7 is 5.51, 2.2, 1.29
    expect(sums("net", "rate")).toEqual([9, 58, 6, 2]);
    // 30 x 19/119 = 4.79, 1.92, 1.12
    expect(sums("gross", "line")).toEqual([8, 49, 5, 2]);
    // 3 x 1.6
    expect(sums("gross", "unit")).toEqual([9, 49, 6, 2]);
  });

  it("cash", () => {
    const { total, cashRounding } = priced(cartOf([{ price: 98 }]), [], {
      cash: { step: 5, rounding: "halfUp" },
    });
    expect([total, cashRounding]).toEqual([100n, 2n]);
  });
});

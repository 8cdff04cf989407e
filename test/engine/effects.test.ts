import type { Cart, CartLine, PricedDecision } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, makeEngine, priceOf } from "../support/rules.ts";

// Each maker of `Result` and each word that it can be followed by, from the rule's source to what comes off the lines
// of one cart: 30.00, and two units of 35.00. A new case is a new line.

type Expected = {
  /** Discount of each line, and of each shipping entry when it says so. */
  lines?: number[];
  shipping?: number[];
  wanted?: number;
  status?: string;
};

const LINES = "ctx.cart.lines";
const ALL = "Percent.of(100)";
const HALF = "Percent.of(50)";

const CASES: Record<string, [body: string, expected: Expected]> = {
  order: [`Result.order(10_00, "R")`, { lines: [3_00, 7_00], wanted: 10_00 }],
  "order percent": [`Result.orderPercent(Percent.bp(12_50), "R")`, { lines: [3_75, 8_75] }],
  "order price": [`Result.orderPrice(80_00, "R")`, { lines: [6_00, 14_00], wanted: 20_00 }],
  "order price of nothing": [`Result.orderPrice(0, "R")`, { lines: [30_00, 70_00] }],
  "order price above": [`Result.orderPrice(200_00, "R")`, { status: "notEligible" }],
  "order on some lines": [`Result.order(10_00, "R").on(ctx.cart.ofSku("b"))`, { lines: [0, 10_00] }],
  "order on no lines": [`Result.order(10_00, "R").on(ctx.cart.ofSku("none"))`, { status: "notEligible" }],
  line: [`Result.line(ctx.cart.line(1), 5_00, "R")`, { lines: [0, 5_00] }],
  "line percent": [`Result.linePercent(ctx.cart.line(1), ${HALF}, "R")`, { lines: [0, 35_00] }],
  "line price": [`Result.linePrice(ctx.cart.line(1), 60_00, "R")`, { lines: [0, 10_00] }],
  lines: [`Result.lines(${LINES}, 10_00, "R")`, { lines: [3_00, 7_00], wanted: 10_00 }],
  "lines percent": [`Result.linesPercent(${LINES}, Percent.of(10), "R")`, { lines: [3_00, 7_00] }],
  "lines price": [`Result.linesPrice(${LINES}, 40_00, "R")`, { lines: [18_00, 42_00], wanted: 60_00 }],
  units: [`Result.units(${LINES}, 1_00, "R")`, { lines: [1_00, 2_00] }],
  "units percent": [`Result.unitsPercent(${LINES}, Percent.of(10), "R")`, { lines: [3_00, 7_00] }],
  "units price": [`Result.unitsPrice(${LINES}, 20_00, "R")`, { lines: [10_00, 30_00] }],
  shipping: [`Result.shipping(2_00, "R")`, { shipping: [1_20, 80] }],
  "shipping percent": [`Result.shippingPercent(${HALF}, "R")`, { shipping: [3_00, 2_00] }],
  "shipping price": [`Result.shippingPrice(5_00, "R")`, { shipping: [1_00, 0] }],
  "shipping each": [`Result.shipping(2_00, "R").each()`, { shipping: [2_00, 2_00], wanted: 4_00 }],
  "up to": [`Result.orderPercent(${HALF}, "R").upTo(10_00)`, { lines: [3_00, 7_00], status: "applied" }],
  "up to, by what each was to get": [
    `Result.units(${LINES}, 10_00, "R").upTo(9_00)`,
    { lines: [3_00, 6_00] },
  ],
  "up to, by totals": [
    `Result.units(${LINES}, 10_00, "R").upTo(9_00).cappedByTotals()`,
    { lines: [2_70, 6_30] },
  ],
  "up to, in order": [
    `Result.units(${LINES}, 10_00, "R").upTo(12_00).cappedInOrder()`,
    { lines: [10_00, 2_00] },
  ],
  "up to per line": [
    `Result.linesPercent(${LINES}, Percent.of(10), "R").upToPerLine(5_00)`,
    { lines: [3_00, 5_00] },
  ],
  "up to per unit": [
    `Result.unitsPercent(${LINES}, ${HALF}, "R").upToPerUnit(16_00)`,
    { lines: [15_00, 32_00] },
  ],
  "one unit": [`Result.unitsPercent(${LINES}, ${ALL}, "R").maxUnits(1)`, { lines: [30_00, 0] }],
  "one unit of each line": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").maxUnitsPerLine(1)`,
    { lines: [30_00, 35_00] },
  ],
  "the cheapest two": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").cheapestFirst().maxUnits(2)`,
    { lines: [30_00, 35_00] },
  ],
  "the dearest two": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").dearestFirst().maxUnits(2)`,
    { lines: [0, 70_00] },
  ],
  "the largest line": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").largestFirst().maxUnits(2)`,
    { lines: [0, 70_00] },
  ],
  "the first in order": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").inOrder().maxUnits(1)`,
    { lines: [30_00, 0] },
  ],
  "groups of two": [`Result.unitsPercent(${LINES}, ${ALL}, "R").groupsOf(2)`, { lines: [30_00, 35_00] }],
  "groups of two per line": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").groupsOf(2).perLine()`,
    { lines: [0, 70_00] },
  ],
  "groups of two per sku": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").groupsOf(2).perSku()`,
    { lines: [0, 70_00] },
  ],
  "groups of three per product": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").groupsOf(3).perProduct()`,
    { lines: [30_00, 70_00] },
  ],
  "every second": [`Result.unitsPercent(${LINES}, ${ALL}, "R").every(2)`, { lines: [30_00, 35_00] }],
  "every second, but the first": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").every(2, 1)`,
    { lines: [0, 35_00] },
  ],
  "every second line": [`Result.unitsPercent(${LINES}, ${ALL}, "R").everyLine(2)`, { lines: [30_00, 0] }],
  "buy two get one": [`Result.unitsPercent(${LINES}, ${ALL}, "R").buy(2).get(1)`, { lines: [30_00, 0] }],
  "buy one get one, free ones first": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").buy(1, ctx.cart.ofSku("a")).get(1)`,
    { status: "notEligible" },
  ],
  "buy one get one, bought ones first": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").buy(1, ctx.cart.ofSku("a")).get(1).buyFirst()`,
    { lines: [0, 35_00] },
  ],
  "buy the cheapest first": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").buy(1).get(2).buyCheapest().buyFirst()`,
    { lines: [0, 70_00] },
  ],
  "buy one get three, if only in part": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").buy(1).get(3).buyFirst().partial()`,
    { lines: [30_00, 35_00] },
  ],
  "no more than no times": [
    `Result.unitsPercent(${LINES}, ${ALL}, "R").buy(2).get(1).times(0)`,
    { status: "notEligible" },
  ],
  proportionally: [`Result.lines(${LINES}, 9_00, "R").proportionally()`, { lines: [2_70, 6_30] }],
  "by quantity": [`Result.lines(${LINES}, 9_00, "R").byQuantity()`, { lines: [3_00, 6_00] }],
  evenly: [`Result.lines(${LINES}, 9_00, "R").evenly()`, { lines: [4_50, 4_50] }],
  "of initial": [
    `Result.order(20_00, "R").and(Result.orderPercent(${HALF}, "R").ofInitial())`,
    { lines: [21_00, 49_00], wanted: 70_00 },
  ],
  "of current": [
    `Result.order(20_00, "R").and(Result.orderPercent(${HALF}, "R").ofCurrent())`,
    { lines: [18_00, 42_00], wanted: 60_00 },
  ],
  "in tiers by goods": [
    `Result.order(5_00, "R").from(50_00).step(100_00, 10_00).step(100_01, 50_00)`,
    { lines: [3_00, 7_00] },
  ],
  "in tiers, none reached": [`Result.order(5_00, "R").from(100_01)`, { status: "notEligible" }],
  "in tiers by the total of some goods": [
    `Result.unitsPercent(ctx.cart.ofSku("b"), ${HALF}, "R").from(70_00).stepPercent(80_00, ${ALL}).byTotal()`,
    { lines: [0, 35_00] },
  ],
  "in tiers by units": [
    `Result.unitsPrice(${LINES}, 30_00, "R").from(2).step(3, 25_00).byUnits()`,
    { lines: [5_00, 20_00] },
  ],
  "in tiers by units of each line": [
    `Result.units(${LINES}, 1_00, "R").from(1).step(2, 2_00).byLineUnits()`,
    { lines: [1_00, 4_00] },
  ],
  "in tiers by the total of each line": [
    `Result.linesPercent(${LINES}, Percent.of(10), "R").from(30_01).byLineTotal()`,
    { lines: [0, 7_00] },
  ],
  "in marginal tiers": [
    `Result.orderPercent(Percent.of(10), "R").from(20_00).stepPercent(60_00, ${HALF}).marginal()`,
    { lines: [7_20, 16_80] },
  ],
  "in marginal tiers of each line": [
    `Result.linesPercent(${LINES}, ${HALF}, "R").from(20_00).marginal()`,
    { lines: [5_00, 25_00] },
  ],
  "tiers that do not ascend": [`Result.order(5_00, "R").from(50_00).step(50_00, 6_00)`, { status: "failed" }],
  "tiers of two kinds": [
    `Result.order(5_00, "R").from(50_00).stepPercent(60_00, ${HALF})`,
    { status: "failed" },
  ],
  "tiers of shipping": [`Result.shipping(5_00, "R").from(50_00)`, { status: "failed" }],
  "a bundle": [
    `Result.linesPrice(${LINES}, 45_00, "R").bundle(ctx.cart.ofSku("a")).bundle(ctx.cart.ofSku("b"))`,
    { lines: [6_00, 14_00], wanted: 20_00 },
  ],
  "a bundle of any three": [
    `Result.linesPrice(${LINES}, 90_00, "R").bundle(${LINES}, 3)`,
    { lines: [3_00, 7_00] },
  ],
  "half a bundle": [
    `Result.linesPrice(${LINES}, 5_00, "R").bundle(ctx.cart.ofSku("a")).bundle(ctx.cart.ofSku("b"), 3)`,
    { status: "notEligible" },
  ],
  "a bundle with goods that are not there": [
    `Result.linesPrice(${LINES}, 5_00, "R").bundle(ctx.cart.ofSku("a")).bundle(ctx.cart.ofSku("none"))`,
    { status: "notEligible" },
  ],
  "lines except some": [
    `Result.units(${LINES}.except(ctx.cart.ofSku("a")), 1_00, "R")`,
    { lines: [0, 2_00] },
  ],
  "undiscounted lines": [`Result.units(${LINES}.undiscounted, 1_00, "R")`, { lines: [1_00, 2_00] }],
  "lines in subscription": [`Result.units(${LINES}.subscriptions, 1_00, "R")`, { status: "notEligible" }],
  "nothing, whatever is said of it": [
    `Result.none().upTo(1).maxUnits(1).on(${LINES}).every(2).buy(1, ${LINES}).get(1).evenly().each()`,
    { status: "notEligible" },
  ],
};

let built: BuiltRules;
beforeAll(async () => {
  const rules = Object.values(CASES).map(([body]) => body);
  const others = Object.values(OTHERS);
  const sources = [...rules, ...others].map(
    (body, i) => `@promo(name="r${i}")\nexport function r${i}(ctx: Context): Result { return ${body}; }\n`,
  );
  built = await buildRules({ effects: sources.join("\n") });
});

describe("effects of rules", () => {
  it.each(Object.keys(CASES))("%s", async (name) => {
    const [, { lines = [0, 0], shipping = [0, 0], wanted, status = "applied" }] = CASES[name]!;
    const decision = await decide(Object.keys(CASES).indexOf(name));
    expect(decision.lines.map(({ discount }) => discount)).toEqual(lines);
    expect(decision.shipping.map(({ discount }) => discount)).toEqual(shipping);
    expect(decision.promotions[0]!.status).toBe(status);
    const sum = [...lines, ...shipping].reduce((total, each) => total + each, 0);
    expect(decision.promotions[0]).toMatchObject({ wanted: wanted ?? sum, granted: sum });
  });
});

const OTHERS = {
  gift: `Result.gift("mug", "mugs", 2, 9_00, "R")`,
  "gift at a price": `Result.giftPercent("mug", "mugs", 1, 9_00, ${HALF}, "R")`,
  "gift for each unit": `Result.gift("mug", "mugs", 2, 9_00, "R").on(ctx.cart.ofSku("b")).perUnit()`,
  "gift that is there": `Result.gift("b", "b", 3, 35_00, "R").discountPresent()`,
  "no gift": `Result.gift("mug", "mugs", 0, 9_00, "R")`,
  points: `Result.points(42, "R").and(Result.pointsPercent(${HALF}, "R").on(ctx.cart.ofSku("b")))`,
  cashback: `Result.cashback(3_00, "R").and(Result.cashbackPercent(Percent.of(1), "R"))`,
};

const other = (name: keyof typeof OTHERS) =>
  decide(Object.keys(CASES).length + Object.keys(OTHERS).indexOf(name));

describe("gifts of rules", () => {
  it("are added, free or at a part of their price", async () => {
    const gift = await other("gift");
    const mugs = { sku: "mug", productId: "mugs", unitPrice: 9_00 };
    expect(gift.added).toMatchObject([{ ...mugs, quantity: 2, discount: 18_00 }]);
    expect(gift).toMatchObject({ subtotal: 118_00, discountTotal: 18_00, total: 110_00 });
    const part = await other("gift at a price");
    expect(part.added).toMatchObject([{ ...mugs, quantity: 1, discount: 4_50 }]);
    expect(part.total).toBe(114_50);
    expect((await other("gift for each unit")).added).toMatchObject([
      { ...mugs, quantity: 4, discount: 36_00 },
    ]);
    expect((await other("no gift")).added).toEqual([]);
  });

  it("that are in the cart already are discounted there", async () => {
    const decision = await other("gift that is there");
    expect(decision.lines.map(({ discount }) => discount)).toEqual([0, 70_00]);
    expect(decision.added).toMatchObject([{ sku: "b", quantity: 1, discount: 35_00 }]);
  });
});

describe("points and cashback of rules", () => {
  it("are granted and move no money", async () => {
    const points = await other("points");
    expect(points.grants).toMatchObject([
      { kind: "points", amount: 42 },
      { kind: "points", amount: 35_00 },
    ]);
    expect(points).toMatchObject({ discountTotal: 0, promotions: [{ status: "applied" }] });
    expect((await other("cashback")).grants).toMatchObject([
      { kind: "cashback", amount: 3_00 },
      { kind: "cashback", amount: 1_00 },
    ]);
  });
});

const GOODS: readonly CartLine[] = [
  { id: "l1", sku: "a", productId: "p", categories: [], quantity: 1, unitPrice: 30_00 },
  { id: "l2", sku: "b", productId: "p", categories: [], quantity: 2, unitPrice: 35_00 },
];

const CART: Cart = {
  id: "c",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: GOODS,
  shipping: [
    { id: "s1", method: "a", price: 6_00 },
    { id: "s2", method: "b", price: 4_00 },
  ],
  coupons: [],
};

async function decide(index: number): Promise<PricedDecision> {
  const promotions = [{ id: "p", rule: `r${index}`, priority: 0 }];
  return priceOf(await makeEngine(built, { promotions }), CART);
}

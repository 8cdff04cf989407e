import type { Cart, CartLine, Promotion } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, type EngineSetup, makeEngine, priceOf } from "../support/rules.ts";

// What a rule sees through its context: each rule here tells what it found in messages, or in what it takes off.

let built: BuiltRules;
beforeAll(async () => {
  built = await buildRules({
    half: `@promo(name="half")
export function half(ctx: Context): Result { return Result.orderPercent(Percent.of(50), "HALF"); }
`,
    asking: `class Asking {
  some: Tags = Tags.of("shoes", "sale");
  any: Tags = Tags.any();
  color: Sym = "red";
}

@promo(name="asking")
export function asking(ctx: Context, p: Asking): Result {
  const red = ctx.cart.withAttribute("color", p.color);
  let answer: i64 = ctx.cart.inCategories(p.some).count;
  answer = answer * 10 + ctx.cart.inCategories(p.any).count;
  answer = answer * 10 + red.count;
  answer = answer * 10 + red.quantity;
  answer = answer * 10 + i64(ctx.cart.line(0).inCategories(p.some));
  answer = answer * 10 + i64(ctx.customer.inSegments(p.some));
  answer = answer * 10 + i64(ctx.customer.inSegments(p.any));
  return Result.message(1_000_000_0 + answer, "ANSWER"); // one digit for each question, behind a 1
}
`,
    totals: `@promo(name="totals", phase="shipping")
export function totals(ctx: Context): Result {
  const some = ctx.cart.ofSku("b");
  return Result.message(ctx.cart.total, "TOTAL")
    .and(Result.message(ctx.cart.initialTotal, "INITIAL"))
    .and(Result.message(ctx.cart.currentTotal, "CURRENT"))
    .and(Result.message(some.total, "SOME"))
    .and(Result.message(some.left, "SOME_LEFT"))
    .and(Result.message(ctx.cart.line(0).left, "LINE_LEFT"))
    .and(Result.message(ctx.customer.counter("visits"), "VISITS"))
    .and(Result.message(ctx.customer.counter("never"), "NEVER"));
}

@promo(name="clock")
export function clock(ctx: Context): Result {
  return Result.message(ctx.localMinute + 1, "MINUTE").and(Result.message(ctx.localWeekday + 1, "WEEKDAY"));
}

@promo(name="extremes", phase="shipping")
export function extremes(ctx: Context): Result {
  return Result.line(ctx.cart.lines.cheapest, 1, "CHEAPEST").and(Result.line(ctx.cart.lines.dearest, 2, "DEAREST"));
}

@promo(name="catalog", phase="catalog")
export function catalog(ctx: Context): Result {
  return Result.unitsPrice(ctx.cart.ofSku("b"), 10_00, "CATALOG");
}
`,
  });
});

describe("what a rule may ask", () => {
  it("sets of categories and segments, and attributes", async () => {
    const lines: CartLine[] = [
      { ...LINES[0]!, categories: ["shoes", "sale"], attributes: { color: "red" }, quantity: 3 },
      { ...LINES[1]!, categories: ["bags"], attributes: { color: "blue" } },
    ];
    const customer = { id: "u", segments: ["sale"], loggedIn: true, orders: 0, attributes: {} };
    const ask = async (parameters: Promotion["parameters"] = {}) =>
      (await decide({ lines, customer }, [{ ...promotion("asking"), parameters }])).messages[0]!.amount;
    expect(await ask()).toBe(11213111);
    expect(await ask({ some: [], color: "green" })).toBe(10200001);
    expect(await ask({ some: ["bags"], any: ["shoes"], color: "blue" })).toBe(11112000);
    expect(await ask({ some: null, any: null })).toBe(12213111);
  });
});

describe("what a rule is told", () => {
  const messages = async (rules: string[], cart: Partial<Cart> = {}, policy: EngineSetup["policy"] = {}) => {
    const promotions = rules.map((rule, i) => promotion(rule, rules.length - i));
    const decision = await decide(cart, promotions, { policy: policy! });
    return Object.fromEntries(decision.messages.map(({ reason, amount }) => [reason, amount]));
  };
  const customer = { id: "u", segments: [], loggedIn: true, orders: 0, attributes: { visits: 7 } };

  it("totals before promotions, and what is left of them", async () => {
    const told = { INITIAL: 100_00, SOME: 70_00, VISITS: 7 };
    expect(await messages(["totals"], { customer })).toEqual({
      ...told,
      ...{ TOTAL: 100_00, CURRENT: 100_00, SOME_LEFT: 70_00, LINE_LEFT: 30_00 },
    });
    const left = { CURRENT: 50_00, SOME_LEFT: 35_00, LINE_LEFT: 15_00 };
    expect(await messages(["half", "totals"], { customer })).toEqual({ ...told, ...left, TOTAL: 100_00 });
    const current = { thresholdBase: "current" as const };
    expect(await messages(["half", "totals"], { customer }, current)).toEqual({
      ...told,
      ...left,
      TOTAL: 50_00,
    });
  });

  it("the time where the cart is, as far as the release knows", async () => {
    const monday = Date.UTC(2026, 8, 21, 23, 30);
    const timeZones = {
      "Europe/Paris": [
        { from: monday - 1, offset: 120 },
        { from: monday + 1, offset: 60 },
      ],
      "America/Lima": [
        { from: 0, offset: -300 },
        { from: monday - 2, offset: -301 },
        { from: monday, offset: -300 },
      ],
    };
    const told = (timeZone: string, now = monday) => messages(["clock"], { timeZone, now }, { timeZones });
    // Each is one more than it is, since a message of 0 is none.
    expect(await told("Europe/Paris")).toEqual({ MINUTE: 91, WEEKDAY: 3 });
    expect(await told("Europe/Paris", monday + 1)).toEqual({ MINUTE: 31, WEEKDAY: 3 });
    expect(await told("America/Lima")).toEqual({ MINUTE: 18 * 60 + 31, WEEKDAY: 2 });
    expect(await told("America/Lima", monday - 1)).toEqual({ MINUTE: 18 * 60 + 29, WEEKDAY: 2 });
    expect(await told("Europe/Paris", monday - 2)).toEqual({});
    expect(await told("Asia/Tokyo")).toEqual({});
  });

  it("the cheapest and the dearest line, however lines stand and prices change", async () => {
    const line = (id: string, unitPrice: number): CartLine => ({ ...LINES[0]!, id, sku: id, unitPrice });
    const lines = [line("b", 40_00), line("x", 20_00), line("y", 20_00), line("z", 40_00)];
    const discounts = async (rules: string[], policy: EngineSetup["policy"] = {}) => {
      const decision = await decide(
        { lines },
        rules.map((rule) => promotion(rule)),
        { policy: policy! },
      );
      return decision.lines.map(({ discounts }) =>
        discounts.flatMap(({ reason, amount }) => (reason === "CATALOG" ? [] : [amount])).join(),
      );
    };
    expect(await discounts(["extremes"])).toEqual(["", "1", "", "2"]);
    expect(await discounts(["extremes"], { lines: "asGiven" })).toEqual(["", "1", "", "2"]);
    expect(await discounts(["catalog", "extremes"])).toEqual(["1", "", "", "2"]);
  });
});

const LINES: readonly CartLine[] = [
  { id: "l1", sku: "a", productId: "a", categories: [], quantity: 1, unitPrice: 30_00 },
  { id: "l2", sku: "b", productId: "b", categories: [], quantity: 2, unitPrice: 35_00 },
];

const CART: Cart = {
  id: "c",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: LINES,
  shipping: [],
  coupons: [],
};

function promotion(rule: string, priority = 0, id = rule): Promotion {
  return { id, rule, priority };
}

async function decide(cart: Partial<Cart>, promotions: Promotion[], setup: EngineSetup = {}) {
  return priceOf(await makeEngine(built, { promotions, ...setup }), { ...CART, ...cart });
}

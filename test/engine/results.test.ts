import type { Cart, CartLine, Promotion } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, type EngineSetup, makeEngine, priceOf } from "../support/rules.ts";

// What a rule returns, and what becomes of it: one rule at a time or a few together, through the real engine.

let built: BuiltRules;
beforeAll(async () => {
  built = await buildRules({
    effects: rules({
      dropped: 'Result.order(1_00, "DROPPED"); return Result.line(ctx.cart.line(0), 2_00, "KEPT");',
      none: 'Result.order(1_00, "DROPPED"); return Result.none();',
      chain:
        'return Result.none().and(Result.order(1_00, "A")).and(Result.none()).and(Result.line(ctx.cart.line(0), 2_00, "B"));',
      nested:
        'return Result.order(1, "A").and(Result.order(2, "B").and(Result.order(3, "C"))).and(Result.order(4, "D"));',
      twice: 'const r = Result.order(1_00, "TWICE"); return r.and(r);',
      shared:
        'const m = Result.message(5, "M"); const a = Result.order(1, "A").and(m); return a.and(Result.order(2, "B").and(m));',
      forked:
        'const base = Result.order(1, "BASE"); const lost = base.and(Result.order(50_00, "LOST")); return lost.and(Result.none()) == lost ? base.and(Result.order(2, "KEPT")) : base;',
      half: 'return Result.orderPercent(Percent.of(50), "HALF");',
      all: 'return Result.orderPercent(Percent.of(100), "ALL");',
      "more-than-all": 'return Result.orderPercent(Percent.of(250_000), "MORE");',
      "far-more": 'return Result.orderPercent(Percent.of(2_000_000), "FAR");',
      zero: 'return Result.order(0, "N").upTo(5).and(Result.orderPercent(Percent.of(0), "N"));',
      "too-much": 'return Result.order(1_000_000_00, "TOO_MUCH");',
      "no-line":
        'return Result.line(ctx.cart.line(99), 1_00, "X").and(Result.linePercent(ctx.cart.lines.at(-1), Percent.of(5), "X"));',
      "line-too-much": 'return Result.line(ctx.cart.lines.dearest, 1_000_000_00, "LINE");',
      "line-percent": 'return Result.linePercent(ctx.cart.lines.cheapest, Percent.bp(12_50), "LINE");',
      "lines-percent": 'return Result.linesPercent(ctx.cart.lines, Percent.of(10), "LINES");',
      shipping: 'return Result.shipping(5_00, "SHIPPING");',
      "shipping-percent": 'return Result.shippingPercent(Percent.of(50), "SHIPPING");',
      "shipping-all": 'return Result.shippingPercent(Percent.of(300), "SHIPPING");',
      message: 'return Result.message(42, "MISSING");',
      wanting: `return Result.order(9007199254740991, "W").and(Result.order(9007199254740991, "W"));`,
    }),
  });
});

describe("what a rule returns", () => {
  it("is all that counts: effects that were made and dropped leave no trace", async () => {
    expect(await price("dropped")).toMatchObject({ total: 98_00, reasons: ["KEPT"], wanted: 2_00 });
    expect(await price("none")).toMatchObject({ total: 100_00, reasons: [], status: "notEligible" });
    expect((await price("none")).bytes).toEqual((await price("no-line")).bytes);
  });

  it("is a chain in its order, in which none is nothing", async () => {
    expect(await price("chain")).toMatchObject({ total: 97_00, reasons: ["A", "B"], wanted: 3_00 });
    const nested = await price("nested");
    expect(nested).toMatchObject({ total: 99_90, wanted: 10 });
    expect(nested.lines[1]!.discounts.map(({ reason }) => reason)).toEqual(["A", "B", "C", "D"]);
  });

  it("may hold one effect twice", async () => {
    expect(await price("twice")).toMatchObject({ total: 98_00, reasons: ["TWICE"], wanted: 2_00 });
    const shared = await price("shared");
    expect(shared).toMatchObject({ total: 99_97, reasons: ["A", "B"] });
    expect(shared.messages.map(({ reason }) => reason)).toEqual(["M", "M"]);
  });

  it("is not changed by what else was made of its parts", async () => {
    expect(await price("forked")).toMatchObject({ total: 99_97, reasons: ["BASE", "KEPT"] });
  });

  it("says what is missing without moving money", async () => {
    const decision = await price("message");
    expect(decision).toMatchObject({ total: 100_00, status: "notEligible" });
    expect(decision.messages).toEqual([{ promotion: "message", reason: "MISSING", amount: 42 }]);
  });
});

describe("nothing goes below zero", () => {
  it.each(["all", "more-than-all", "far-more"])("%s of the order takes the order", async (rule) => {
    expect(await price(rule)).toMatchObject({ total: 0, wanted: 100_00, granted: 100_00, status: "applied" });
  });

  it("nothing off is no effect", async () => {
    expect(await price("zero")).toMatchObject({ total: 100_00, status: "notEligible", reasons: [] });
  });

  it("an amount beyond what there is wants what there is", async () => {
    const order = await price("too-much");
    expect(order).toMatchObject({ total: 0, wanted: 100_00, granted: 100_00, status: "applied" });
    const line = await price("line-too-much");
    expect(line).toMatchObject({ total: 30_00, wanted: 70_00, granted: 70_00, status: "applied" });
  });

  it("two promotions cannot take what is there once", async () => {
    const decision = await decide({}, [promotion("half", 2), promotion("all", 1)]);
    expect(decision.promotions).toEqual([
      { id: "half", status: "applied", wanted: 50_00, granted: 50_00 },
      { id: "all", status: "capped", wanted: 100_00, granted: 50_00 },
    ]);
    expect(decision.total).toBe(0);
    for (const line of decision.lines) expect(line.total).toBe(0);
  });

  it("a rule that wants all of it twice gets it once, and both are told", async () => {
    expect(await price("wanting")).toMatchObject({
      total: 0,
      wanted: 200_00,
      granted: 100_00,
      status: "capped",
    });
  });

  it("lines that were priced as one keep a total each", async () => {
    const line: CartLine = { ...LINES[0]!, quantity: 1, unitPrice: 1 };
    const lines = ["c", "a", "b"].map((id) => ({ ...line, id }));
    const decision = await decide({ lines }, [
      promotion("half", 3),
      promotion("nested", 2),
      promotion("half", 1, "again"),
    ]);
    expect(decision.lines.map(({ id }) => id)).toEqual(["c", "a", "b"]);
    for (const { discount, total, discounts } of decision.lines) {
      expect(total).toBeGreaterThanOrEqual(0);
      expect(discount + total).toBe(1);
      expect(discounts.reduce((sum, { amount }) => sum + amount, 0)).toBe(discount);
    }
  });
});

describe("effects on one line, on lines and on shipping", () => {
  it("a percentage off one line is of its initial total, halves up", async () => {
    expect((await price("line-percent")).lines.map(({ discount }) => discount)).toEqual([3_75, 0]);
  });

  it("a percentage off lines is rounded line by line", async () => {
    const lines = [
      { ...LINES[0]!, unitPrice: 5, quantity: 1 },
      { ...LINES[1]!, unitPrice: 14, quantity: 1 },
    ];
    const decision = await decide({ lines }, [promotion("lines-percent")]);
    expect(decision.lines.map(({ discount }) => discount)).toEqual([1, 1]);
    expect(decision.promotions[0]).toMatchObject({ wanted: 2, granted: 2 });
  });

  it("shipping is split by price, never below zero", async () => {
    const entries = [
      { id: "s1", method: "a", price: 3_00 },
      { id: "s2", method: "b", price: 0 },
      { id: "s3", method: "c", price: 3_00 },
    ];
    const totals = async (rule: string) =>
      (await decide({ shipping: entries }, [promotion(rule)])).shipping.map(({ total }) => total);
    expect(await totals("shipping")).toEqual([50, 0, 50]);
    expect(await totals("shipping-percent")).toEqual([1_50, 0, 1_50]);
    expect(await totals("shipping-all")).toEqual([0, 0, 0]);
    const decision = await decide({ shipping: entries }, [promotion("shipping-all"), promotion("half")]);
    expect(decision).toMatchObject({
      subtotal: 100_00,
      shippingTotal: 0,
      discountTotal: 56_00,
      total: 50_00,
    });
  });
});

describe("which promotions run", () => {
  it("higher priorities first, equal ones by id", async () => {
    const promotions = [
      promotion("nested", 1, "b"),
      promotion("nested", 1, "a"),
      promotion("nested", 2, "z"),
    ];
    expect((await decide({}, promotions)).promotions.map(({ id }) => id)).toEqual(["z", "a", "b"]);
  });

  it("of a group whose mode is first, the first that takes something off", async () => {
    const promotions = ["message", "none", "half", "chain"].map((rule, i) => ({
      ...promotion(rule, 10 - i),
      group: "one",
    }));
    const outside = promotion("twice", -1);
    const policy: EngineSetup["policy"] = { groups: { one: { mode: "first" } } };
    const first = await decide({}, [...promotions, outside], { policy });
    expect(first.promotions.map(({ status }) => status)).toEqual([
      "notEligible",
      "notEligible",
      "applied",
      "lost",
      "applied",
    ]);
    const stack = await decide({}, [...promotions, outside]);
    expect(stack.promotions.map(({ status }) => status).at(3)).toBe("applied");
  });

  it("of such a group, in each cart anew", async () => {
    const tied = { ...promotion("half", 2), coupon: "SPRING", group: "one" };
    const policy: EngineSetup["policy"] = { groups: { one: { mode: "first" } } };
    const engine = await makeEngine(built, {
      promotions: [tied, { ...promotion("chain"), group: "one" }],
      policy,
    });
    const statuses = (coupons: string[]) =>
      priceOf(engine, { ...CART, coupons }).promotions.map(({ status }) => status);
    expect(statuses(["SPRING"])).toEqual(["applied", "lost"]);
    expect(statuses([])).toEqual(["inactive", "applied"]);
    expect(statuses(["SPRING"])).toEqual(["applied", "lost"]);
  });

  it("inside their window: from inclusive, until exclusive", async () => {
    const status = async (window: Promotion["window"]) =>
      (await decide({}, [{ ...promotion("half"), window: window! }])).promotions[0]!.status;
    expect(await status({ from: CART.now })).toBe("applied");
    expect(await status({ from: CART.now + 1 })).toBe("inactive");
    expect(await status({ until: CART.now + 1 })).toBe("applied");
    expect(await status({ until: CART.now })).toBe("inactive");
    expect(await status({ from: CART.now, until: CART.now })).toBe("inactive");
  });

  it("with their coupon entered", async () => {
    const tied = { ...promotion("half"), coupon: "SPRING" };
    const enter = (coupons: string[]) => decide({ coupons }, [tied]);
    expect((await enter([])).promotions[0]!.status).toBe("inactive");
    expect((await enter(["spring"])).total).toBe(100_00);
    const entered = await enter(["NO_SUCH_CODE", "SPRING"]);
    expect(entered.total).toBe(50_00);
    expect(entered.coupons).toEqual([
      { code: "NO_SUCH_CODE", status: "unknown", promotions: [] },
      { code: "SPRING", status: "applied", promotions: [{ id: "half", status: "applied" }] },
    ]);
    const compared = await decide({ coupons: ["HALF"] }, [tied]);
    expect(compared.coupons).toEqual([{ code: "HALF", status: "known", promotions: [] }]);
    const unused = await decide({ coupons: ["SPRING"] }, [{ ...promotion("none"), coupon: "SPRING" }]);
    expect(unused.coupons).toEqual([
      { code: "SPRING", status: "notApplied", promotions: [{ id: "none", status: "notEligible" }] },
    ]);
  });

  it("on the server only, where they read what only it knows", async () => {
    const secret = { ...promotion("half"), serverOnly: true };
    expect((await decide({}, [secret])).promotions[0]!.status).toBe("inactive");
    expect((await decide({}, [secret], { server: true })).total).toBe(50_00);
  });

  it("unless the channel switched them, or their rule, off", async () => {
    const promotions = [promotion("half", 2), promotion("half", 1, "second"), promotion("nested", 0)];
    const statuses = async (off: EngineSetup["off"]) =>
      (await decide({}, promotions, { off: off! })).promotions.map(({ status }) => status);
    expect(await statuses({ promotions: ["second"] })).toEqual(["applied", "applied"]);
    expect(await statuses({ rules: ["half"] })).toEqual(["applied"]);
    expect(await statuses({ promotions: ["nobody"] })).toEqual(["applied", "applied", "capped"]);
  });

  it("and what they grant is claimed from their allowances", async () => {
    const limits = [{ allowance: "spring", counts: "money" as const }];
    const promotions = [
      { ...promotion("twice", 1), limits },
      { ...promotion("none"), limits },
    ];
    expect((await decide({}, promotions)).claims).toEqual([
      { promotion: "twice", allowance: "spring", amount: 2_00 },
    ]);
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

/** Sources of rules by name: the body of a function that gets `ctx`. */
function rules(bodies: Record<string, string>): string {
  return Object.entries(bodies)
    .map(
      ([name, body], i) =>
        `@promo(name="${name}")\nexport function rule${i}(ctx: Context): Result { ${body} }\n`,
    )
    .join("\n");
}

function promotion(rule: string, priority = 0, id = rule): Promotion {
  return { id, rule, priority };
}

async function decide(cart: Partial<Cart>, promotions: Promotion[], setup: EngineSetup = {}) {
  return priceOf(await makeEngine(built, { promotions, ...setup }), { ...CART, ...cart });
}

/** The standard cart of 100.00 with one rule. `reasons` are of all lines, sorted. */
async function price(rule: string) {
  const decision = await decide({}, [promotion(rule)]);
  const { total, lines, bytes, messages } = decision;
  const reasons = new Set(lines.flatMap(({ discounts }) => discounts.map(({ reason }) => reason)));
  return { total, lines, bytes, messages, reasons: [...reasons].sort(), ...decision.promotions[0]! };
}

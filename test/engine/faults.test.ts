import type { Cart, Promotion } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { generateCart } from "../support/carts.ts";
import {
  type BuiltRules,
  buildRules,
  buildSources,
  type EngineSetup,
  expectPriced,
  makeEngine,
  priceOf,
} from "../support/rules.ts";

// Rules that go wrong, among rules that do not: the decision still comes, and everybody else's part of it stands.

const GOOD = `@promo(name="good", priority=9)
export function good(ctx: Context): Result { return Result.orderPercent(Percent.of(10), "GOOD"); }

@promo(name="later", priority=1, phase="order")
export function later(ctx: Context): Result { return Result.linesPercent(ctx.cart.lines, Percent.of(5), "LATER"); }
`;

/** Name -> the code it stops with, and the body of the rule. */
const BAD: Record<string, [code: string, body: string]> = {
  endless: ["ENGINE_RULE_FUEL", "let n = 0; while (true) n++;"],
  "endless-empty": ["ENGINE_RULE_FUEL", "for (;;) {} return Result.none();"],
  slow: [
    "ENGINE_RULE_FUEL",
    `let n: i64 = 0; for (let i = 0; i < 10_000_000; i++) n += i; return Result.order(n, "N");`,
  ],
  "asks-too-often": [
    "ENGINE_RULE_FUEL",
    "for (let i = 0; i < 10_000; i++) ctx.cart.inCategories(p.tags); return Result.none();",
  ],
  unreachable: ["ENGINE_RULE_TRAP", `throw new Error("no");`],
  "divides-by-zero": [
    "ENGINE_RULE_TRAP",
    `return Result.order(ctx.cart.total / (ctx.cart.total - ctx.cart.total), "N");`,
  ],
  "out-of-bounds": [
    "ENGINE_RULE_TRAP",
    `const list = new Array<i32>(3); return Result.order(list[ctx.cart.lineCount + 3], "N");`,
  ],
  asserts: [
    "ENGINE_RULE_TRAP",
    `if (ctx.cart.total >= 0) throw new Error("asserted"); return Result.none();`,
  ],
  arena: [
    "ENGINE_RULE_TRAP",
    `let n = 0; for (let i = 0; i < 9; i++) n += new Array<i64>(70_000).length; return Result.order(n, "N");`,
  ],
  "arena-at-once": [
    "ENGINE_RULE_TRAP",
    `const list = new Array<i64>(200_000); return Result.order(list.length, "N");`,
  ],
  product: ["ENGINE_RULE_MONEY", `return Result.order(ctx.cart.total * 9007199254740991, "N");`],
  wraps: [
    "ENGINE_RULE_MONEY",
    `let x = ctx.cart.total; for (let i = 0; i < 9; i++) x = x * x; return Result.order(x, "N");`,
  ],
  sum: [
    "ENGINE_RULE_MONEY",
    `let x: i64 = 9007199254740991; x += ctx.cart.total; return Result.order(x - 9007199254740990, "N");`,
  ],
  difference: [
    "ENGINE_RULE_MONEY",
    `const x: i64 = -9007199254740991; return Result.order(x - ctx.cart.total, "N");`,
  ],
  "assigned-product": [
    "ENGINE_RULE_MONEY",
    `let x = ctx.cart.total; x *= 9007199254740991; return Result.order(1, "N");`,
  ],
  quotient: [
    "ENGINE_RULE_MONEY",
    `return Result.order(mulDiv(ctx.cart.total, 9007199254740991, 1, Rounding.Down), "N");`,
  ],
  "by-nothing": [
    "ENGINE_RULE_MONEY",
    `return Result.order(mulDiv(ctx.cart.total, 1, 0, Rounding.Down), "N");`,
  ],
  negative: ["ENGINE_RULE_MONEY", `return Result.order(-1, "N");`],
  "negative-percent": ["ENGINE_RULE_MONEY", `return Result.orderPercent(Percent.of(-1), "N");`],
  "negative-cap": ["ENGINE_RULE_MONEY", `return Result.order(1, "N").upTo(-1);`],
  "negative-price": ["ENGINE_RULE_MONEY", `return Result.linePrice(ctx.cart.line(0), -1, "N");`],
  "negative-units": ["ENGINE_RULE_TRAP", `return Result.units(ctx.cart.lines, 1, "N").maxUnits(-1);`],
  "no-groups": ["ENGINE_RULE_TRAP", `return Result.units(ctx.cart.lines, 1, "N").groupsOf(0);`],
  "joined-cap": ["ENGINE_RULE_TRAP", `return Result.order(1, "N").and(Result.order(2, "N")).upTo(1);`],
  "too-large": ["ENGINE_RULE_MONEY", `return Result.order(9007199254740992, "N");`],
  effects: [
    "ENGINE_RULE_EFFECTS",
    `let r = Result.none(); for (let i = 0; i < 1065; i++) r = r.and(Result.order(1, "N")); return r;`,
  ],
  doubling: [
    "ENGINE_RULE_EFFECTS",
    `let r = Result.order(1, "N"); for (let i = 0; i < 40; i++) r = r.and(r); return r;`,
  ],
};

const NAMES = Object.keys(BAD);

let built: BuiltRules;
beforeAll(async () => {
  const bodies = Object.entries(BAD).map(([name, [, body]], i) => {
    const parameters = body.includes("p.tags") ? ", p: Many" : "";
    return `@promo(name="${name}", priority=5, phase="order")\nexport function bad${i}(ctx: Context${parameters}): Result { ${body} }\n`;
  });
  const many = 'class Many { tags: Tags = Tags.of("a", "b", "c"); }\n';
  built = await buildRules({ good: GOOD, bad: many + bodies.join("\n") });
});

describe.each(NAMES)("a rule that fails (%s)", (name) => {
  const promotions = [promotion("good", 9), promotion(name, 5), promotion("later", 1)];

  it("is failed with its code, and the others are priced as if it were not there", async () => {
    const engine = await makeEngine(built, { promotions });
    const without = await makeEngine(built, { promotions: promotions.filter(({ id }) => id !== name) });
    for (const cart of [CART, generateCart(11, 40)]) {
      const decision = priceOf(engine, cart);
      expect(decision.promotions[1]).toEqual({
        id: name,
        status: "failed",
        wanted: 0,
        granted: 0,
        error: BAD[name]![0],
      });
      const expected = priceOf(without, cart);
      expect(decision.lines).toEqual(expected.lines);
      expect(decision.total).toBe(expected.total);
    }
  });

  it("costs its whole slice, the same in every run", async () => {
    const engine = await makeEngine(built, { promotions });
    const first = priceOf(engine, CART);
    expect(first.fuelUsed).toBeGreaterThan(1_000_000);
    expect(first.fuelUsed).toBeLessThan(1_100_000);
    for (let i = 0; i < 3; i++) {
      const again = priceOf(engine, CART);
      expect(again.fuelUsed).toBe(first.fuelUsed);
      expect(again.bytes).toEqual(first.bytes);
    }
  });

  it("refuses the cart where the policy says so, and the next one is not affected", async () => {
    const engine = await makeEngine(built, { promotions, policy: { onFault: "refuse" } });
    for (let i = 0; i < 2; i++) {
      const decision = engine.evaluate(CART);
      expect(decision.ok).toBe(false);
      expect(JSON.parse(JSON.stringify(decision))).toMatchObject({
        error: { code: "ENGINE_RULE_REFUSED", at: "promotions[1]" },
      });
    }
  });
});

describe("many rules that fail at once", () => {
  it("leave the good ones as they are, first and last included", async () => {
    const bad = NAMES.map((name, i) => promotion(name, i % 3 === 0 ? 10 : i % 3 === 1 ? 5 : 0));
    const engine = await makeEngine(built, {
      promotions: [...bad, promotion("good", 9), promotion("later", 1)],
    });
    const without = await makeEngine(built, { promotions: [promotion("good", 9), promotion("later", 1)] });
    const decision = priceOf(engine, CART);
    expect(decision.lines).toEqual(priceOf(without, CART).lines);
    for (const { id, status, error } of decision.promotions) {
      if (id in BAD) expect([id, status, error]).toEqual([id, "failed", BAD[id]![0]]);
      else expect([id, status]).toEqual([id, "applied"]);
    }
    expect(expectPriced(engine.evaluate(CART)).bytes).toEqual(decision.bytes);
  });

  it("do not take their group", async () => {
    const promotions = [promotion("product", 9), promotion("good", 8)].map((each) => ({
      ...each,
      group: "one",
    }));
    const policy: EngineSetup["policy"] = { groups: { one: { mode: "first" } } };
    const decision = priceOf(await makeEngine(built, { promotions, policy }), CART);
    expect(decision.promotions.map(({ status }) => status)).toEqual(["failed", "applied"]);
  });

  it.each([
    // Enough to set the module up, which pays too.
    ["before the first rule", { base: 100, perLine: 1, perPromotion: 1 }],
    ["for the slice of a rule", { base: 1000, perLine: 1, perPromotion: 5000 }],
    [
      "since the budget ends where a counter does",
      { base: 1_000_000, perLine: 1, perPromotion: 2_000_000_000 },
    ],
  ])("are told apart from too little fuel %s, which refuses", async (_, fuel) => {
    const engine = await makeEngine(built, { promotions: [promotion("good")], policy: { fuel } });
    const decision = engine.evaluate(CART);
    expect(JSON.parse(JSON.stringify(decision))).toMatchObject({ error: { code: "ENGINE_RESOLVER_FAULT" } });
  });
});

describe("a rule that reaches itself", () => {
  it.each([
    [
      "by its name",
      "export function again(ctx: Context, n: i32): Result { return n > 0 ? again(ctx, n - 1) : Result.none(); }",
    ],
    [
      "through another",
      "function a(n: i32): i32 { return n > 0 ? b(n - 1) : 0; }\nfunction b(n: i32): i32 { return a(n); }",
    ],
    ["through a method", "class A { n: i32 = 0; go(n: i32): i32 { return n > 0 ? this.go(n - 1) : 0; } }"],
  ])("is never built: %s", async (_, code) => {
    const use = code.includes("again")
      ? "again(ctx, 3)"
      : code.includes("class")
        ? `Result.order(new A().go(ctx.cart.lineCount), "N")`
        : `Result.order(a(ctx.cart.lineCount), "N")`;
    const source = `${code}\n@promo(name="r")\nexport function r(ctx: Context): Result { return ${use}; }\n`;
    const made = await buildSources({ r: source });
    expect(made.ok).toBe(false);
    if (!made.ok)
      expect(made.diagnostics.map(({ code }) => code)).toContainEqual(
        expect.stringMatching(/RECURSION$|BANNED$/),
      );
  });
});

const CART: Cart = {
  id: "c",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: [
    { id: "l1", sku: "a", productId: "a", categories: ["a"], quantity: 1, unitPrice: 30_00 },
    { id: "l2", sku: "b", productId: "b", categories: [], quantity: 2, unitPrice: 35_00 },
  ],
  shipping: [],
  coupons: [],
};

function promotion(rule: string, priority = 0): Promotion {
  return { id: rule, rule, priority };
}

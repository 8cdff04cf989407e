import type { Cart, Effect, Promotion } from "@haggle/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, type EngineSetup, makeEngine, priceOf } from "../support/rules.ts";

// Rules beside promotions that are data, of which it is known by the oracle what they do: a rule that says what an
// effect says must come to the same, in groups of every mode too, where many rules wait for one choice.

const PAIRS: Record<string, { rule: string; effects: Effect[] }> = {
  tenth: {
    rule: `Result.orderPercent(Percent.of(10), "R")`,
    effects: [{ target: "order", percent: "10", reason: "R" }],
  },
  "one of b": {
    rule: `Result.unitsPercent(ctx.cart.ofSku("b"), Percent.of(100), "R").maxUnits(1)`,
    effects: [{ target: "unit", percent: "100", filter: { skus: ["b"] }, units: { max: 1 }, reason: "R" }],
  },
  "a and shipping": {
    rule: `Result.lines(ctx.cart.ofSku("a"), 12_00, "R").upTo(9_00).and(Result.shipping(3_00, "S"))`,
    effects: [
      { target: "lines", amount: 12_00, filter: { skus: ["a"] }, maxAmount: 9_00, reason: "R" },
      { target: "shipping", amount: 3_00, reason: "S" },
    ],
  },
  "two for one": {
    rule: `Result.unitsPercent(ctx.cart.lines, Percent.of(50), "R").buy(1, ctx.cart.ofProduct("p")).get(1).buyFirst().times(2)`,
    effects: [
      {
        target: "unit",
        percent: "50",
        units: { buy: { quantity: 1, filter: { products: ["p"] } }, get: 1, reserve: "buy", maxTimes: 2 },
        reason: "R",
      },
    ],
  },
  "in steps": {
    rule: `Result.unitsPrice(ctx.cart.inCategories(p.tags), 25_00, "R").every(2, 1).dearestFirst()`,
    effects: [
      {
        target: "unit",
        price: 25_00,
        filter: { categories: ["shoes", "bags"] },
        units: { skipFirst: 1, every: 2, pick: "dearest" },
        reason: "R",
      },
    ],
  },
};

const NAMES = Object.keys(PAIRS);

let built: BuiltRules;
beforeAll(async () => {
  const rules = Object.values(PAIRS).map(
    ({ rule }, i) =>
      `@promo(name="${NAMES[i]}")\nexport function r${i}(ctx: Context, p: Some): Result { return ${rule}; }\n`,
  );
  built = await buildRules({
    pairs: `class Some { tags: Tags = Tags.of("shoes", "bags"); }\n${rules.join("\n")}`,
    bad: `@promo(name="traps", phase="order")
export function traps(ctx: Context): Result {
  Result.units(ctx.cart.ofSku("a"), 1, "LOST").upTo(5);
  throw new Error("no");
}

@promo(name="endless", phase="order")
export function endless(ctx: Context): Result { while (true) {} }
`,
  });
});

const MODES: Record<string, NonNullable<EngineSetup["policy"]>["groups"]> = {
  "that stack": {},
  "of which the first wins": { g: { mode: "first" } },
  "of which the highest wins": { g: { mode: "highest" } },
  "of which the lowest wins": { g: { mode: "lowest", ties: "last" } },
  "of which the best set wins": { g: { mode: "best" } },
  "of which the highest wins line by line": { g: { mode: "highest", per: "line" } },
  "of which the best set wins line by line": { g: { mode: "best", per: "line" } },
};

describe.each(Object.keys(MODES))("rules %s", (mode) => {
  const groups = MODES[mode]!;
  const members = NAMES.map((name, i): Promotion => ({ id: name, group: "g", priority: i % 3 }));

  it("come to what data comes to", async () => {
    const asData = members.map((each): Promotion => ({ ...each, effects: PAIRS[each.id]!.effects }));
    const asRules = members.map((each): Promotion => ({ ...each, rule: each.id }));
    const mixed = asData.map((each, i) => (i % 2 === 0 ? each : asRules[i]!));
    const expected = await decide(asData, { groups });
    expect(expected.discountTotal).toBeGreaterThan(0);
    for (const promotions of [asRules, mixed]) expect(await decide(promotions, { groups })).toEqual(expected);
  });

  it("leave out those that fail", async () => {
    const good = members.map((each): Promotion => ({ ...each, rule: each.id }));
    const bad = ["traps", "endless"].flatMap((rule): Promotion[] =>
      [0, 1, 2].map((priority) => ({ id: `${rule} ${priority}`, rule, group: "g", priority })),
    );
    const { promotions, ...rest } = await decide([...good, ...bad], { groups });
    const { promotions: expected, ...without } = await decide(good, { groups });
    expect(rest).toEqual(without);
    expect(promotions.filter(({ id }) => NAMES.includes(id))).toEqual(expected);
    const failed = promotions.filter(({ id }) => !NAMES.includes(id)).map(({ status }) => status);
    // One that is lost to the first of its group never runs.
    const statuses = groups?.g?.mode === "first" ? ["lost"] : ["failed"];
    expect([...new Set(failed)]).toEqual(statuses);
  });
});

const CART: Cart = {
  id: "c",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: [
    { id: "l1", sku: "a", productId: "p", categories: ["shoes"], quantity: 3, unitPrice: 31_00 },
    { id: "l2", sku: "b", productId: "q", categories: ["bags"], quantity: 2, unitPrice: 35_00 },
    { id: "l3", sku: "c", productId: "p", categories: ["hats", "bags"], quantity: 1, unitPrice: 52_50 },
    { id: "l4", sku: "b", productId: "q", categories: [], quantity: 4, unitPrice: 35_00 },
  ],
  shipping: [{ id: "s1", method: "post", price: 4_90 }],
  coupons: [],
};

async function decide(promotions: Promotion[], policy: NonNullable<EngineSetup["policy"]>) {
  const decision = priceOf(await makeEngine(built, { promotions, policy }), CART);
  const { subtotal, discountTotal, total, lines, shipping } = decision.toJSON();
  return { subtotal, discountTotal, total, lines, shipping, promotions: decision.promotions };
}

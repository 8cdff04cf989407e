import { DEFAULT_POLICY, type Promotion } from "@haggle/abi";
import { checkPromotions } from "@haggle/toolchain";
import { beforeAll, describe, expect, it } from "vitest";
import { checkTable, isFound, isShown, readTables } from "../support/check-tables.ts";
import { type BuiltRules, buildRules, makeEngine } from "../support/rules.ts";

// Each table costs two or three engines; the rules are compiled once.
const RULES = {
  spend: `class Spend { threshold: Money = 80_00; off: Money = 8_00; }
@promo(name="spend", template=true)
export function spend(ctx: Context, p: Spend): Result {
  if (ctx.cart.total >= p.threshold) return Result.order(p.off, "SPEND");
  return Result.message(p.threshold - ctx.cart.total, "TO_SPEND");
}
`,
  broken: `class Broken { threshold: Money = 80_00; }
@promo(name="broken", template=true)
export function broken(ctx: Context, p: Broken): Result {
  if (ctx.cart.total < p.threshold) return Result.message(p.threshold - ctx.cart.total, "TO_NOTHING");
  return Result.none();
}
`,
  shelf: `class Shelf { category: Sym = "lamps"; pieces: i32 = 3; percent: Percent = Percent.of(10); }
@promo(name="shelf", template=true)
export function shelf(ctx: Context, p: Shelf): Result {
  const lines = ctx.cart.inCategory(p.category);
  if (lines.quantity < p.pieces) return Result.none();
  return Result.linesPercent(lines, p.percent, "SHELF");
}
`,
};

let built: BuiltRules;
beforeAll(async () => {
  built = await buildRules(RULES);
});

const check = (promotions: Promotion[], policy = {}) =>
  checkTable(built, { promotions, policy: { ...DEFAULT_POLICY, ...policy } });

describe("planted faults", () => {
  it.each(readTables("planted").map((table) => [table.name, table] as const))(
    "are found, and shown by their cart: %s",
    async (_, table) => {
      const report = await checkTable(built, table);
      expect(report.findings.filter((finding) => !isShown(finding, report.engine))).toEqual([]);
      expect(isFound(table, report)).toBe(true);
    },
  );
});

describe("tables in order", () => {
  it.each(readTables("clean").map((table) => [table.name, table] as const))(
    "raise no alarm and no question: %s",
    async (_, table) => {
      const { findings, undecided } = await checkTable(built, table);
      expect({ findings, undecided }).toEqual({ findings: [], undecided: [] });
    },
  );
});

describe("rules in code", () => {
  it("are found to apply, around the numbers and symbols of their parameters", async () => {
    const { findings, undecided } = await check([
      { id: "spend", rule: "spend", priority: 3, parameters: { threshold: 123_45 } },
      { id: "shelf", rule: "shelf", priority: 2, parameters: { category: "rugs", pieces: 7 } },
      {
        id: "vip-shelf",
        rule: "shelf",
        priority: 1,
        parameters: { category: "chairs" },
        conditions: [{ kind: "segments", match: ["vip"] }],
      },
    ]);
    expect({ findings, undecided }).toEqual({ findings: [], undecided: [] });
  });

  it("that promise and never keep it are told, with a cart to which they promise", async () => {
    const { findings } = await check([{ id: "broken", rule: "broken", priority: 1 }]);
    expect(findings).toMatchObject([
      { code: "CHECK_UNLOCK", promotions: ["broken"], cart: { lines: [{ quantity: 1 }] } },
    ]);
  });

  it("whose conditions contradict each other never apply", async () => {
    const conditions = [
      { kind: "goodsTotal", value: 50_00 },
      { kind: "goodsTotal", operator: "lessThan", value: 40_00 },
    ] as const;
    const { findings } = await check([{ id: "spend", rule: "spend", priority: 1, conditions }]);
    expect(findings.map(({ code }) => code)).toContain("CHECK_UNREACHABLE");
  });

  it("overlap when one rule runs twice at a time for the same goods", async () => {
    const [first, second, third] = [1, 8, 15].map((day) => Date.UTC(2026, 5, day));
    const sale = (id: string, category: string, from = first!, until = second!, priority = 1) => ({
      ...{ id, rule: "shelf", priority, parameters: { category, pieces: 2 }, window: { from, until } },
    });
    const { findings } = await check([
      sale("rugs-1", "rugs", first, third, 2),
      sale("rugs-2", "rugs", second, third, 1),
      sale("chairs", "chairs", first, third, 3),
    ]);
    expect(findings).toMatchObject([{ code: "CHECK_OVERLAP", promotions: ["rugs-1", "rugs-2"] }]);
  });

  it("that nothing was found for are a question, not a finding", async () => {
    const { findings, undecided } = await check([
      { id: "huge", rule: "shelf", priority: 1, parameters: { pieces: 400 } },
    ]);
    expect(findings).toEqual([]);
    expect(undecided).toMatchObject([{ code: "CHECK_UNREACHABLE", promotions: ["huge"] }]);
  });
});

describe("a report", () => {
  const promotions: Promotion[] = [
    { id: "a", priority: 1, effects: [{ target: "order", amount: 1000 }], conditions: [from(6000)] },
    {
      id: "b",
      priority: 1,
      effects: [{ target: "order", percent: "10", base: "current" }],
      conditions: [from(6000)],
    },
    { id: "c", priority: 0, effects: [{ target: "order", amount: 700 }] },
  ];

  it("is the same for the same table", async () => {
    const [first, second] = [await check(promotions), await check(promotions)];
    expect(second.findings).toEqual(first.findings);
  });

  it("has the cheapest cart found, of nothing that does not matter", async () => {
    const { findings } = await check(promotions);
    const order = findings.find(({ code }) => code === "CHECK_ORDER");
    expect(order).toMatchObject({
      promotions: ["a", "b"],
      cart: { lines: [{ quantity: 1, unitPrice: 6000 }], shipping: [], coupons: [] },
    });
    expect(order?.cart).not.toHaveProperty("customer");
    const floor = findings.find(({ code }) => code === "CHECK_FLOOR");
    expect(floor?.promotions).toEqual(["c"]);
    expect(floor!.cart.lines[0]!.unitPrice).toBeLessThan(700);
  });

  it("leaves questions of order open where no other order can be priced", async () => {
    const engine = await makeEngine(built, { promotions, server: true });
    const { findings, undecided } = await checkPromotions({
      promotions: engine.promotions,
      policy: engine.policy,
      metadata: built.metadata,
      price: (cart) => engine.evaluate(cart),
    });
    expect(findings.map(({ code }) => code)).not.toContain("CHECK_ORDER");
    expect(undecided[0]).toMatchObject({ code: "CHECK_ORDER", promotions: ["a", "b"] });
  });
});

function from(value: number) {
  return { kind: "goodsTotal", value } as const;
}

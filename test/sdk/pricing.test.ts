import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Strategy } from "@haggle/abi";
import {
  createMatcher,
  createPricer,
  findNextChange,
  type PricedSku,
  type Pricer,
} from "@haggle/sdk/pricing";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type BuiltRules, buildRules, makeEngine, signTestRelease } from "../support/rules.ts";

// Strategies price skus by the rules of a release, as promotions with the same parameters would.

vi.setConfig({ hookTimeout: 300_000 });

const NOW = 1_790_000_000_000;
const PRICING = join(import.meta.dirname, "../../rules/pricing");
/** Fails on one sku in every hundred, by its cost. */
const FRAGILE = `class Fragile { raise: Percent = Percent.of(10); }
@pricing(name="fragile", template=true)
export function fragile(ctx: Context, line: Line, p: Fragile): Money {
  if (line.hasUnitCost && line.unitCost % 100 == 7) throw new Error("no");
  return line.unitPrice + p.raise.times(line.unitPrice);
}
`;

let built: BuiltRules;
let pricer: Pricer;

beforeAll(async () => {
  const standard = ["price-by-stock", "price-by-tier", "cost-plus", "price-by-time"];
  const sources = await Promise.all(
    standard.map(async (name) => [name, await readFile(join(PRICING, name, `${name}.rule.ts`), "utf8")]),
  );
  built = await buildRules({ ...Object.fromEntries(sources), fragile: FRAGILE });
  const release = await signTestRelease(built, []);
  pricer = await createPricer({ bundle: built.bundle, release: release.bytes, root: built.root.bytes });
});

const sku = (name: string, fields: Partial<PricedSku> = {}): PricedSku => ({
  sku: name,
  categories: [],
  listPrice: 10_000,
  ...fields,
});
const strategy = (fields: Partial<Strategy> = {}): Strategy => ({
  id: "raise",
  rule: "price-by-stock",
  parameters: {},
  ...fields,
});
const price = (strategies: readonly Strategy[], skus: readonly PricedSku[], more: object = {}) =>
  pricer.price({ strategies, skus, now: NOW, currency: "EUR", ...more });

describe("which strategy takes a sku", () => {
  const skus = fc.record({
    sku: fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
    categories: fc.subarray(["x", "y"]),
    stock: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  });
  const pattern = fc
    .tuple(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 3 }), fc.boolean())
    .map(([text, isPrefix]) => (isPrefix || text === "" ? `${text}*` : text));
  const strategies = fc.record(
    {
      skus: fc.array(pattern, { minLength: 1, maxLength: 3 }),
      categories: fc.subarray(["x", "y"], { minLength: 1 }),
      tiers: fc.subarray(["gold", "silver"], { minLength: 1 }),
      stock: fc.record({ min: fc.nat({ max: 3 }), max: fc.nat({ max: 3 }) }, { requiredKeys: [] }),
      window: fc.record({ from: fc.nat({ max: 4 }), until: fc.nat({ max: 4 }) }, { requiredKeys: [] }),
      experiment: fc.constant({ key: "e", variants: { off: false as const, on: { few: 1 } } }),
    },
    { requiredKeys: [] },
  );

  it("is the first of which all holds, however many there are", () => {
    const variants = fc.constantFrom(undefined, "off", "on");
    const tier = fc.constantFrom(undefined, "gold", "silver");
    fc.assert(
      fc.property(fc.array(strategies, { maxLength: 6 }), skus, tier, variants, fc.nat(4), (...given) => {
        const [fields, asked, tier, variant, now] = given;
        const all = fields.map((each, i) => strategy({ id: `s${i}`, ...each }));
        const place = all.findIndex(({ skus, categories, tiers, stock, window, experiment }) => {
          const named = (text: string) =>
            text.endsWith("*") ? asked.sku.startsWith(text.slice(0, -1)) : text === asked.sku;
          return (
            (skus?.some(named) ?? true) &&
            (categories?.some((each) => asked.categories.includes(each)) ?? true) &&
            (tiers === undefined || (tier !== undefined && tiers.includes(tier))) &&
            (stock === undefined ||
              (asked.stock !== undefined &&
                (stock.min ?? 0) <= asked.stock &&
                asked.stock <= (stock.max ?? 9))) &&
            (window?.from ?? 0) <= now &&
            now < (window?.until ?? 9) &&
            !(experiment !== undefined && variant === "off")
          );
        });
        const match = createMatcher(all, () => variant).find(asked, tier, now);
        expect(match?.strategy ?? -1).toBe(place);
        if (match) expect(match.variant).toBe(all[place]!.experiment && variant);
      }),
      { numRuns: 500 },
    );
  });

  it("changes when a window opens or closes", () => {
    const some = [
      strategy({ window: { from: 10, until: 30 } }),
      strategy({ window: { until: 30 } }),
      strategy({}),
    ];
    expect([0, 10, 29, 30].map((now) => findNextChange(some, now))).toEqual([10, 30, 30, undefined]);
  });
});

describe("the price that a strategy gives", () => {
  it("is that of a promotion with its rule and its parameters", async () => {
    const parameters = { few: 3, raise: "12.5", plenty: 50, cut: "7.77" };
    const promotion = { id: "p", rule: "price-by-stock", phase: "pricing", priority: 0, parameters } as const;
    const engine = await makeEngine(built, { promotions: [promotion], server: true });
    const any = fc.uniqueArray(
      fc.record({
        sku: fc.string({ minLength: 1, maxLength: 9 }),
        categories: fc.subarray(["shoes", "满减"]),
        listPrice: fc.nat({ max: 1_000_000 }),
        minUnitPrice: fc.option(fc.nat({ max: 1_000_000 }), { nil: undefined }),
        stock: fc.option(fc.nat({ max: 100 }), { nil: undefined }),
      }),
      { selector: (each) => each.sku, minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(any, (skus) => {
        const prices = price([strategy({ parameters })], skus);
        expect(prices.map(({ sku }) => sku)).toEqual(skus.map((_, i) => i));
        for (const { sku: i, unitPrice, fault } of prices) {
          const { sku, categories, listPrice, minUnitPrice, stock } = skus[i]!;
          const line = { id: "1", sku, productId: sku, categories, quantity: 1, unitPrice: listPrice };
          const floor = minUnitPrice !== undefined && { minUnitPrice };
          const lines = [{ ...line, ...floor, ...(stock !== undefined && { attributes: { stock } }) }];
          const cart = { id: "c", currency: "EUR", now: NOW, lines, shipping: [], coupons: [] };
          const decision = engine.evaluate(cart);
          expect(decision.ok && decision.total).toBe(unitPrice);
          expect(fault).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is that of thousands of skus, each by its own strategy", () => {
    const skus = Array.from({ length: 2_500 }, (_, i) =>
      sku(`${i % 2 ? "lamp" : "chair"}-${i}`, { stock: i % 10 }),
    );
    const raises = (id: string, raise: string) =>
      strategy({ id, skus: [`${id}-*`], parameters: { few: 4, raise } });
    const prices = price([raises("lamp", "10"), raises("chair", "20")], skus);
    expect(prices).toHaveLength(2_500);
    for (const { sku: i, unitPrice, strategy } of prices) {
      expect(strategy).toBe(i % 2 ? 0 : 1);
      expect(unitPrice).toBe(i % 10 > 4 ? 10_000 : i % 2 ? 11_000 : 12_000);
    }
  });

  it("is its own where hundreds share an instance, whatever the others hold", () => {
    // Every strategy under one id, each with a raise of its own; two that no table takes, and one that fails.
    const raises = Array.from({ length: 600 }, (_, i) => i % 90);
    const strategies = raises.map((raise, i) => {
      const skus = [`s${i}`];
      if (i === 100 || i === 300) return strategy({ skus, parameters: { nothing: 1 } });
      if (i === 200) return strategy({ skus, rule: "fragile" });
      return strategy({ skus, parameters: { few: 5, raise: String(raise) } });
    });
    const skus = raises.map((_, i) => sku(`s${i}`, { stock: 1, unitCost: 107 }));
    const priced = price(strategies, skus);
    expect(priced.filter(({ fault }) => fault !== undefined).map((each) => each.sku)).toEqual([
      100, 200, 300,
    ]);
    const sound = priced.filter(({ fault }) => fault === undefined);
    expect(sound.map(({ unitPrice }) => unitPrice)).toEqual(
      sound.map((each) => 10_000 + raises[each.sku]! * 100),
    );
  });

  it("is made in pieces: somebody else may have his turn between them, also where nothing is priced", () => {
    const skus = Array.from({ length: 20_000 }, (_, i) => sku(`s-${i}`));
    const countOf = (strategies: Strategy[]) =>
      Array.from(pricer.steps({ strategies, skus, now: NOW, currency: "EUR" })).length;
    const none = countOf([strategy({ skus: ["nowhere"] })]);
    expect(none).toBeGreaterThanOrEqual(4);
    expect(countOf([strategy({ skus: ["nowhere"] }), strategy({ skus: ["nowhere"], tiers: ["gold"] })])).toBe(
      2 * none,
    );
    // The rules, and their run, behind the search.
    expect(countOf([strategy({ skus: ["s-7"] })])).toBe(none + 2);
  });

  it("is the same where two pricings take turns, and where others went before", () => {
    const skus = Array.from({ length: 2_100 }, (_, i) => sku(`s-${i}`, { stock: 1, unitCost: i }));
    const pricingOf = (raise: string, rule: string) => ({
      ...{ now: NOW, currency: "EUR", skus },
      strategies: [strategy({ parameters: { few: 5, raise }, skus: ["s-1*"] }), strategy({ rule })],
    });
    const pricings = [pricingOf("10", "fragile"), pricingOf("20", "price-by-stock")];
    const alone = pricings.map((pricing) => pricer.price(pricing));
    const turns = pricings.map((pricing) => pricer.steps(pricing));
    const together = turns.map(() => [] as number[]);
    for (let open = turns.length; open > 0; ) {
      for (const [i, turn] of turns.entries()) {
        const { done, value } = turn.next();
        if (done && value !== undefined) {
          together[i] = value.flatMap(({ unitPrices }) => [...unitPrices]);
          open--;
        }
      }
    }
    expect(together).toEqual(alone.map((prices) => prices.map(({ unitPrice }) => unitPrice)));
    expect(new Set(together[0])).toEqual(new Set([11_000, 10_000]));
    expect(new Set(together[1])).toEqual(new Set([12_000, 11_000]));
  });

  it("is the list price where the rule fails, and nobody else pays for that", () => {
    const skus = Array.from({ length: 1_500 }, (_, i) => sku(`s-${i}`, { unitCost: i }));
    const prices = price([strategy({ rule: "fragile" })], skus);
    expect(prices.filter(({ fault }) => fault !== undefined)).toEqual(
      Array.from({ length: 15 }, (_, i) => ({
        sku: i * 100 + 7,
        strategy: 0,
        unitPrice: 10_000,
        fault: "ENGINE_RULE_TRAP",
      })),
    );
    expect(prices.filter(({ unitPrice }) => unitPrice === 11_000)).toHaveLength(1_485);
  });

  it("does not come from parameters that the rule has not", () => {
    const [first] = price([strategy({ parameters: { loud: true } })], [sku("a")]);
    expect(first).toMatchObject({ unitPrice: 10_000, fault: "PROMOTION_UNKNOWN_PARAMETER" });
  });

  it("comes from nobody where a withdrawn strategy takes the sku", () => {
    const withdrawn = { ...strategy({ skus: ["a"] }), withdrawn: true as const };
    expect(price([withdrawn, strategy()], [sku("a"), sku("b")])).toMatchObject([{ sku: 1, strategy: 1 }]);
  });

  it("is a tier's own where another strategy takes the sku for it", () => {
    const all = [
      strategy({
        id: "gold",
        skus: ["a"],
        tiers: ["gold"],
        rule: "price-by-tier",
        parameters: { percent2: "50" },
      }),
      strategy({ parameters: { few: 9 } }),
    ];
    expect(price(all, [sku("a", { stock: 1 }), sku("b", { stock: 1 })])).toEqual([
      { sku: 0, strategy: 1, unitPrice: 11_000 },
      { sku: 1, strategy: 1, unitPrice: 11_000 },
      { sku: 0, strategy: 0, tier: "gold", unitPrice: 5_000 },
    ]);
  });

  it("is that of the variant that the sku is in", () => {
    const variants = { b: { raise: "20" }, c: false as const };
    const all = [strategy({ parameters: { few: 9 }, experiment: { key: "e", variants } })];
    const findVariant = (_: string, name: string) => ({ s1: "a", s2: "b", s3: "c" })[name];
    const skus = ["s0", "s1", "s2", "s3"].map((name) => sku(name, { stock: 1 }));
    expect(price(all, skus, { findVariant })).toEqual([
      { sku: 0, strategy: 0, unitPrice: 11_000 },
      { sku: 1, strategy: 0, variant: "a", unitPrice: 11_000 },
      { sku: 2, strategy: 0, variant: "b", unitPrice: 12_000 },
    ]);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cart, type CartLine, type Policy, type Promotion, parsePromotions } from "@haggle/abi";
import { explain } from "@haggle/sdk/explain";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltRules, buildRules, makeEngine, priceOf } from "../support/rules.ts";

const RULES = join(import.meta.dirname, "../../rules/pricing");
const LIBRARY = readdirSync(RULES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Rules that no shop wants. */
const ODD = `
class Amount { by: Money = 1_00; sku: Sym = "bad"; }
@pricing(name="less", priority=3)
export function less(ctx: Context, line: Line, p: Amount): Money { return line.unitPrice - p.by; }
@pricing(name="traps", template=true)
export function traps(ctx: Context, line: Line, p: Amount): Money {
  assert(line.sku != p.sku);
  return 1_00;
}
@pricing(name="sums", template=true)
export function sums(ctx: Context, line: Line): Money { return ctx.cart.total + ctx.cart.inCategory("c").cheapest.unitPrice; }
@pricing(name="wild", template=true)
export function wild(ctx: Context, line: Line): Money { return i64.MAX_VALUE; }
@promo(name="plain", template=true)
export function plain(ctx: Context): Result { return Result.orderPercent(Percent.of(10), "TENTH"); }
`;

let built: BuiltRules;
beforeAll(async () => {
  const sources = LIBRARY.map((name) => [name, readFileSync(join(RULES, name, `${name}.rule.ts`), "utf8")]);
  built = await buildRules({ ...Object.fromEntries(sources), odd: ODD });
});

function line(
  id: string,
  sku: string,
  quantity: number,
  unitPrice: number,
  more?: Partial<CartLine>,
): CartLine {
  return { id, sku, productId: sku, categories: ["c"], quantity, unitPrice, ...more };
}

function cartOf(lines: CartLine[], more?: Partial<Cart>): Cart {
  return { id: "cart", currency: "EUR", now: 0, lines, shipping: [], coupons: [], ...more };
}

function entry(rule: string, more?: Partial<Promotion>): Promotion {
  return { id: rule, rule, phase: "pricing", priority: 0, ...more };
}

const TENTH: Promotion = { id: "tenth", priority: 0, effects: [{ target: "order", percent: "10" }] };

async function price(cart: Cart, promotions: readonly Promotion[], policy?: Partial<Policy>) {
  return priceOf(await makeEngine(built, { promotions, ...(policy && { policy }) }), cart);
}

type Case = {
  name: string;
  cart: Cart;
  expect: object;
  parameters?: NonNullable<Promotion["parameters"]>;
  policy?: Partial<Policy>;
};

describe.each(LIBRARY)("rules/pricing/%s", (name) => {
  const cases = JSON.parse(readFileSync(join(RULES, name, "cases.json"), "utf8")) as Case[];
  it.each(cases.map((each) => [each.name, each] as const))(
    "%s",
    async (_, { cart, parameters, policy, ...stated }) => {
      const decision = await price(cart, [entry(name, parameters && { parameters })], policy);
      expect(decision.toJSON()).toMatchObject(stated.expect);
    },
  );
});

describe("the pricing phase", () => {
  it("runs its entries in order, each over the lines of its filter and from the price before", async () => {
    const cart = cartOf([line("a", "a", 2, 10_00), line("b", "b", 1, 20_00)]);
    const { lines, subtotal, discountTotal, total, promotions } = await price(cart, [
      TENTH,
      entry("less", { id: "second", priority: 1, filter: { skus: ["a"] }, parameters: { by: 3_00 } }),
      entry("price-by-quantity", { id: "first", priority: 2, parameters: { from1: 1, percent1: "50" } }),
      entry("less", { id: "third", filter: { unitPrice: { max: 2_00 } } }),
    ]);
    expect(promotions.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "first applied",
      "second applied",
      "third applied",
      "tenth applied",
    ]);
    // 10 -> 5 -> 2 -> 1, and 20 -> 10.
    expect(lines.map(({ listPrice, unitPrice }) => [listPrice, unitPrice])).toEqual([
      [10_00, 1_00],
      [20_00, 10_00],
    ]);
    expect([subtotal, discountTotal, total]).toEqual([12_00, 1_20, 10_80]);
  });

  it("shows conditions, filters, orders of units and the catalog phase the new prices", async () => {
    const cart = cartOf([line("a", "a", 1, 10_00), line("b", "b", 1, 12_00)]);
    const cheapest: Promotion = {
      id: "cheapest",
      priority: 0,
      effects: [{ target: "unit", percent: "100", units: { max: 1 } }],
      conditions: [{ kind: "goodsTotal", value: 17_00, operator: "equal" }],
    };
    const cut = entry("less", { filter: { skus: ["b"] }, parameters: { by: 5_00 } });
    expect((await price(cart, [cheapest, cut])).lines.map(({ discount }) => discount)).toEqual([0, 7_00]);
    const catalog: Promotion = {
      id: "catalog",
      phase: "catalog",
      priority: 0,
      effects: [{ target: "unit", percent: "10" }],
    };
    const decision = await price(cart, [catalog, cut, TENTH], { phases: "together" });
    expect(decision.lines.map(({ unitPrice, discount }) => [unitPrice, discount])).toEqual([
      [undefined, 1_00 + 90],
      [7_00, 70 + 63],
    ]);
    expect(decision.subtotal).toBe(17_00);
  });

  it("shows a rule the cart as the entry before left it, for all lines alike", async () => {
    const cart = cartOf([line("a", "a", 1, 10_00), line("b", "b", 2, 20_00)]);
    const { lines } = await price(cart, [entry("less", { priority: 1 }), entry("sums")]);
    // 9 + 2 x 19, and 9 for the cheapest: not what the rule itself has just said about line a.
    expect(lines.map(({ unitPrice }) => unitPrice)).toEqual([56_00, 56_00]);
  });

  it("leaves all prices as they were where a rule stops on one line", async () => {
    const cart = cartOf([line("a", "a", 1, 10_00), line("b", "bad", 1, 20_00)]);
    const { lines, promotions, subtotal } = await price(cart, [
      entry("traps", { priority: 1 }),
      entry("less"),
      TENTH,
    ]);
    expect(promotions[0]).toMatchObject({ id: "traps", status: "failed", error: "ENGINE_RULE_TRAP" });
    expect(lines.map(({ unitPrice }) => unitPrice)).toEqual([9_00, 19_00]);
    expect([subtotal, promotions[2]!.granted]).toEqual([28_00, 2_80]);
  });

  it.each([
    ["below nothing", entry("less", { parameters: { by: 10_01 } }), 1],
    ["beyond the exact integers", entry("wild"), 1],
    ["whose sum is beyond them", entry("less", { parameters: { by: -(2 ** 52) } }), 3],
  ])("refuses a price %s", async (_, promotion, quantity) => {
    const decision = await price(cartOf([line("a", "a", quantity, 10_00)]), [promotion]);
    expect(decision.promotions).toMatchObject([{ status: "failed", error: "ENGINE_RULE_MONEY" }]);
    expect(decision.total).toBe(quantity * 10_00);
  });

  it("goes down to the line's own floor, and leaves what lies below it", async () => {
    const cart = cartOf([
      line("a", "a", 1, 10_00, { minUnitPrice: 9_50 }),
      line("b", "b", 1, 10_00, { minUnitPrice: 12_00 }),
      line("c", "c", 1, 10_00),
    ]);
    const { lines, promotions } = await price(cart, [entry("less", { parameters: { by: 2_00 } }), TENTH]);
    expect(lines.map(({ unitPrice }) => unitPrice)).toEqual([9_50, undefined, 8_00]);
    expect(lines.map(({ discount }) => discount)).toEqual([0, 0, 2_75]);
    expect(promotions[1]!.granted).toBe(2_75);
  });

  it("is what the cart's own lines share, and holds for the digest and single units", async () => {
    const lines = [line("a", "a", 3, 10_00), line("b", "a", 8, 10_00)];
    const tiers = entry("price-by-quantity");
    const third: Promotion = { id: "x", priority: 0, effects: [{ target: "order", amount: 33 }] };
    const decision = await price(cartOf(lines), [tiers, third]);
    expect(decision.lines.map(({ unitPrice, total }) => [unitPrice, total])).toEqual([
      [9_50, 28_41],
      [9_50, 75_76],
    ]);
    expect(decision.unitDiscounts("a")).toEqual([3, 3, 3]);
    const free = await price(cartOf([line("a", "a", 1, 10_00)]), [
      entry("less"),
      { id: "free", priority: 0, effects: [{ target: "unit", percent: "100" }] },
    ]);
    expect(free.unitDiscounts("a")).toEqual([9_00]);
    const turned = await price(cartOf(lines.toReversed()), [tiers, third]);
    expect(turned.digest).toBe(decision.digest);
    expect(decision.digest).toMatch(/^[0-9a-f]{64}$/);
    const separate = await price(cartOf(lines), [tiers], { lines: "asGiven" });
    expect(separate.subtotal).toBe(110_00);
  });

  it("has no digest once the cart's prices are others", async () => {
    const lines = [line("a", "a", 3, 10_00)];
    const decision = await price(cartOf(lines), [entry("less")]);
    lines[0]!.unitPrice = 9_00;
    expect(decision.digest).toBeNull();
    expect(decision.lines[0]).toMatchObject({ listPrice: 10_00, unitPrice: 9_00 });
  });

  it("obeys window, coupon and conditions, and says so in words", async () => {
    const cart = cartOf([line("a", "a", 1, 10_00)], { now: 5 });
    const decision = await price(cart, [
      entry("less", { id: "over", window: { until: 5 } }),
      entry("less", { id: "coupon", coupon: "c" }),
      entry("less", { id: "large", conditions: [{ kind: "goodsTotal", value: 20_00 }] }),
      entry("less", { id: "now", priority: -1 }),
    ]);
    expect(decision.promotions.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "coupon inactive",
      "large notEligible",
      "over inactive",
      "now applied",
    ]);
    const { promotions } = await makeEngine(built, { promotions: [entry("less", { id: "now" })] });
    expect(explain(await price(cart, promotions), { promotions }).map(({ text }) => text)).toEqual([
      "'now' set unit prices.",
    ]);
  });

  it.each(LIBRARY)("has fuel for a thousand lines: %s", async (name) => {
    const lines = Array.from({ length: 1000 }, (_, i) =>
      line(`l${i}`, `s${i}`, 60, 10_00 + i, { unitCost: 5_00, attributes: { a: 1, stock: 3 } }),
    );
    const timeZones = { z: [{ from: 0, offset: 0 }] };
    const customer = { id: "c", segments: [], tier: "platinum", loggedIn: true, orders: 0, attributes: {} };
    const cart = cartOf(lines, { timeZone: "z", customer });
    const { promotions } = await price(cart, [entry(name), entry(name, { id: "again" })], { timeZones });
    expect(promotions[0]).toMatchObject({ id: "again", status: "applied" });
    expect(promotions[1]!.error).toBeUndefined();
  });

  it("finds its entries among many by what their filters ask for", async () => {
    const many = Array.from({ length: 100 }, (_, i) => {
      return entry("less", { id: `e${i}`, filter: { skus: [`s${i}`] }, parameters: { by: i } });
    });
    const decision = await price(cartOf([line("a", "s7", 1, 10_00)]), many);
    expect(decision.promotions).toMatchObject([{ id: "e7", status: "applied" }]);
    expect(decision.total).toBe(9_93);
  });

  it("comes to what a cart with these prices comes to", async () => {
    const promotions: Promotion[] = [
      {
        id: "order",
        priority: 0,
        effects: [{ target: "order", percent: "7.5", filter: { categories: ["c"] } }],
      },
      {
        id: "third",
        priority: 1,
        effects: [{ target: "unit", percent: "100", units: { groupsOf: 3, every: 3, pick: "dearest" } }],
        conditions: [{ kind: "goodsTotal", value: 40_00 }],
      },
    ];
    const plain = await makeEngine(built, { promotions });
    const parameters = { from1: 2, percent1: "12.5", from2: 4, percent2: "33.3" };
    const pricing = await makeEngine(built, {
      promotions: [...promotions, entry("price-by-quantity", { parameters })],
    });
    const carts = fc.array(
      fc.record({ quantity: fc.integer({ min: 1, max: 6 }), unitPrice: fc.nat(50_00) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(carts, (goods) => {
        const lines = goods.map(({ quantity, unitPrice }, i) => line(`l${i}`, `s${i}`, quantity, unitPrice));
        const percentOf = (quantity: number) => (quantity >= 4 ? 333 : quantity >= 2 ? 125 : 0);
        const now = lines.map((each) => {
          return {
            ...each,
            unitPrice: each.unitPrice - Math.round((each.unitPrice * percentOf(each.quantity)) / 1000),
          };
        });
        const { subtotal, total, discountTotal } = priceOf(pricing, cartOf(lines));
        const expected = priceOf(plain, cartOf(now));
        expect({ subtotal, total, discountTotal }).toEqual({
          subtotal: expected.subtotal,
          total: expected.total,
          discountTotal: expected.discountTotal,
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe("entries of the pricing phase", () => {
  it("live by themselves unless their rule is a template", async () => {
    const { promotions } = built;
    expect(promotions).toEqual([{ id: "less", rule: "less", phase: "pricing", priority: 3 }]);
  });

  it.each<[string, object]>([
    ["group", { group: "g" }],
    ["exclusive", { exclusive: true }],
    ["limits", { limits: [] }],
    ["conditions[0].base", { conditions: [{ kind: "goodsTotal", value: 1, base: "after" }] }],
    ["rule", { rule: undefined, effects: undefined }],
    ["effects", { rule: undefined, effects: [{ target: "order", percent: "1" }] }],
  ])("have no %s", (at, fields) => {
    const promotion = JSON.parse(JSON.stringify({ ...entry("less"), ...fields })) as unknown;
    expect(() => parsePromotions([promotion], "p")).toThrow(`p[0].${at}`);
  });

  it("alone have a filter, and rules of their kind", async () => {
    expect(() => parsePromotions([{ ...TENTH, filter: { skus: ["a"] } }], "p")).toThrow("p[0].filter");
    for (const promotion of [
      entry("less", { phase: "order" }),
      entry("plain"),
      { id: "x", rule: "less", priority: 0 },
    ]) {
      await expect(makeEngine(built, { promotions: [promotion] })).rejects.toMatchObject({
        code: "PROMOTION_WRONG_PHASE",
      });
    }
  });
});

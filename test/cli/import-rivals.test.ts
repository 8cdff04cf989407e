import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cart, Policy } from "@haggle/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { createKeptCompiler } from "../../engine/cli/kept-compiler.ts";
import { readPolicies } from "../../engine/cli/policies.ts";
import type { Counter, Coupon, Imported } from "../../engine/cli/rivals/drafts.ts";
import { importRival } from "../../engine/cli/rivals/import-rival.ts";
import { createPricer, type Pricer } from "../../engine/cli/vocabulary/price.ts";

// Exports of other products, imported, built into releases and priced: test/vectors/imports, a new case is a new file.

type Fixture = {
  about: string;
  export: unknown;
  options?: { currency?: string; prices?: Policy["tax"]["prices"] };
  /** Places of promotions that are not carried over, in their order. */
  leftOut: string[];
  notes: (keyof typeof NOTES)[];
  /** Symbols by code. */
  coupons: Record<string, Coupon["symbol"]>;
  allowances: Counter[];
  carts: { about: string; cart: Partial<Cart> & { at?: string }; total: number }[];
};

const NOTES = {
  currency: /^promotions have no currency of their own/,
  tax: /^the export does not say how prices hold tax/,
  rounding: /^Shopify does not publish how it rounds/,
  minimum: /^Shopify does not publish what a minimum counts/,
  units: /^Shopify does not publish which of several units/,
  order: /applies promotions/,
  hundredths: /^Vendure does not say the currency/,
  channel: /^PLN, and this import is for carts in USD$/,
  "one voucher": /^a checkout of Saleor takes one voucher/,
};

const FOLDER = join(import.meta.dirname, "../vectors/imports");
const rivals = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const fixtures = rivals.flatMap(({ name: rival }) =>
  readdirSync(join(FOLDER, rival)).map((file) => {
    const fixture: Fixture = JSON.parse(readFileSync(join(FOLDER, rival, file), "utf8"));
    return { rival, name: `${rival}: ${fixture.about}`, fixture };
  }),
);

let policies: Record<string, Policy>;
let pricer: Pricer;

beforeAll(async () => {
  policies = await readPolicies();
  pricer = await createPricer(await createKeptCompiler());
});

const importOf = (rival: string, { export: value, options }: Fixture) =>
  importRival(rival, structuredClone(value), { policies, ...options });

describe.each(fixtures)("$name", ({ rival, fixture }) => {
  it("lists what it leaves out, and what it only notes", () => {
    const { notCarriedOver } = importOf(rival, fixture);
    expect(notCarriedOver.filter(({ kept }) => !kept).map(({ at }) => at)).toEqual(fixture.leftOut);
    const noted = notCarriedOver.filter(({ kept }) => kept).map(({ reason }) => reason);
    expect(
      noted.map((reason) => Object.keys(NOTES).find((key) => NOTES[key as "tax"].test(reason))).sort(),
    ).toEqual(fixture.notes.toSorted());
  });

  it("tells codes and counters, and keeps codes out of the release", () => {
    const { coupons, allowances, promotions, policy } = importOf(rival, fixture);
    expect(Object.fromEntries(coupons.map(({ code, symbol }) => [code, symbol]))).toEqual(fixture.coupons);
    expect(allowances).toEqual(fixture.allowances);
    const released = JSON.stringify([promotions, policy]);
    for (const code of Object.keys(fixture.coupons)) expect(released).not.toContain(code);
    expect(new Set(promotions.map(({ coupon }) => coupon).filter(Boolean))).toEqual(
      new Set(Object.values(fixture.coupons)),
    );
  });

  it.each(fixture.carts)("prices $about", async ({ cart, total }) => {
    const decision = await pricer.price(converted(importOf(rival, fixture), cart));
    expect(decision.total).toBe(total);
  });
});

function converted({ promotions, policy }: Imported, { at, ...given }: Fixture["carts"][number]["cart"]) {
  const cart: Cart = {
    ...{ id: "cart", currency: "USD", lines: [], shipping: [], coupons: [] },
    now: Date.parse(at ?? "2026-11-25T12:00:00Z"),
    ...given,
    customer: { id: "c", segments: [], loggedIn: true, orders: 0, attributes: {}, ...given.customer },
  };
  return { id: "import", cart, promotions, policy, lines: [], origins: new Map() };
}

const percentage = (discount: string) => ({
  code: "order_percentage_discount",
  args: [{ name: "discount", value: discount }],
});
const vendure = (fields: object = {}) => ({
  ...{ id: "1", name: "Ten", enabled: true, couponCode: null, startsAt: null, endsAt: null },
  ...{ usageLimit: null, perCustomerUsageLimit: null, conditions: [], actions: [percentage("10")] },
  ...fields,
});

describe("what is not an export of the product", () => {
  it.each<[rival: string, value: unknown, at: string, given: unknown]>([
    ["shopify", { data: {} }, "data.", undefined],
    [
      "shopify",
      { discountNodes: { nodes: [], pageInfo: { hasNextPage: true } } },
      "discountNodes.pageInfo.hasNextPage",
      true,
    ],
    [
      "shopify",
      { discountNodes: { nodes: [{ id: "x/1", discount: {} }] } },
      "discountNodes.nodes[0].discount.__typename",
      undefined,
    ],
    ["shopify", { discountNodes: [null] }, "discountNodes[0]", null],
    ["medusa", { promotions: [], count: 51 }, "promotions", 0],
    ["medusa", { promotions: [{ id: "p", code: 7 }] }, "promotions[0].code", 7],
    [
      "vendure",
      { promotions: [vendure({ actions: [percentage("a tenth")] })] },
      "promotions[0].actions[0].args.discount",
      "a tenth",
    ],
    ["vendure", { promotions: [vendure({ enabled: "yes" })] }, "promotions[0].enabled", "yes"],
    ["vendure", { promotions: { items: [], totalItems: 3 } }, "promotions", 0],
    ["vendure", [], "the file", []],
    ["saleor", {}, "the file", undefined],
  ])("%s %j", (rival, value, at, given) => {
    expect(() => importRival(rival, value, { policies })).toThrow(
      expect.objectContaining({ code: "CLI_BAD_EXPORT", at, value: given }),
    );
  });

  it("has every field that may limit a promotion, if only as null", () => {
    for (const field of ["startsAt", "endsAt", "couponCode", "perCustomerUsageLimit"]) {
      const { [field as "startsAt"]: _, ...rest } = vendure();
      expect(() => importRival("vendure", { promotions: [rest] }, { policies }), field).toThrow(
        expect.objectContaining({ code: "CLI_BAD_EXPORT", at: `promotions[0].${field}` }),
      );
    }
  });

  it("has each promotion once, and names currencies that there are", () => {
    expect(() => importRival("vendure", { promotions: [vendure(), vendure()] }, { policies })).toThrow(
      expect.objectContaining({ code: "PROMOTION_DUPLICATE", value: "vendure-1" }),
    );
    expect(() => importRival("vendure", { promotions: [] }, { policies, currency: "zzz" })).toThrow(
      expect.objectContaining({ code: "CLI_USAGE", value: "ZZZ" }),
    );
  });
});

it("leaves out what is beyond the limits of the engine", () => {
  const facets = { name: "facets", value: JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i)) };
  const actions = [{ code: "facet_based_discount", args: [{ name: "discount", value: "10" }, facets] }];
  const { promotions, notCarriedOver } = importRival(
    "vendure",
    { promotions: [vendure({ actions })] },
    { policies },
  );
  expect(promotions).toEqual([]);
  expect(notCarriedOver[0]).toMatchObject({
    at: "promotions[0]",
    kept: false,
    reason: expect.stringMatching(/^more than the engine takes/),
  });
});

it("reads a file of any depth", () => {
  let deep: unknown = { currency: "EUR" };
  for (let i = 0; i < 200_000; i++) deep = [deep];
  expect(importRival("vendure", { promotions: [], deep }, { policies }).promotions).toEqual([]);
});

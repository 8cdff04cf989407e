import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cart, Policy } from "@haggle/abi";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { readPolicies } from "../../engine/cli/policies.ts";
import type { Counter, Coupon, Imported } from "../../engine/cli/rivals/drafts.ts";
import { importRival } from "../../engine/cli/rivals/import-rival.ts";
import { readRuntimeSources } from "../../engine/cli/runtime-sources.ts";
import { createPricer, type Pricer } from "../../engine/cli/vocabulary/price.ts";

// Exports of other products, imported, built into releases and priced: test/vectors/imports, a new case is a new file.

vi.setConfig({ hookTimeout: 120_000, testTimeout: 60_000 });

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
  pricer = await createPricer(await readRuntimeSources());
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

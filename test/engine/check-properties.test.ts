import fc from "fast-check";
import { beforeAll, expect, it, vi } from "vitest";
import { checkTable, givenIn, isShown } from "../support/check-tables.ts";
import { type BuiltRules, buildRules } from "../support/rules.ts";
import { carts } from "./properties/carts.ts";
import { policies } from "./properties/policies.ts";
import { promotionsOf } from "./properties/promotions.ts";
import { RUNS, tablesOf } from "./properties/runs.ts";

// Tables as wild as the engine takes them: what a check says of them must hold for carts it never saw.

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

/** A table costs three engines; the carts it is tried with cost little. */
const TABLES = Math.ceil(RUNS / 2);
const CARTS = 200;
const LEAST_PRICE = 1000;
const NEVER = new Set(["CHECK_UNREACHABLE", "CHECK_SHADOWED", "CHECK_COUPON"]);

let built: BuiltRules;
beforeAll(async () => {
  built = await buildRules({
    idle: `@promo(name="idle")
export function idle(ctx: Context): Result {
  return Result.none();
}
`,
  });
});

it("what never applies gives nothing to any cart, and every cart shows its finding", async () => {
  const seen = fc.sample(carts(), { seed: 4, numRuns: CARTS });
  await fc.assert(
    fc.asyncProperty(tablesOf(policies, promotionsOf()), async ({ promotions, policy }) => {
      const { findings, engine } = await checkTable(built, { promotions, policy });
      expect(findings.filter((finding) => !isShown(finding, engine))).toEqual([]);
      const never = findings
        // A cart may bring a coupon of which the release knows nothing; a shopper cannot.
        .filter(({ code, text }) => NEVER.has(code) && !text.includes("asks for"))
        .map(({ promotions: [id] }) => id);
      for (const cart of seen) {
        // Where floors leave next to nothing, or prices are too low for a percentage to be anything, a promotion that
        // comes first may come to nothing at all.
        const lines = cart.lines.map(({ minUnitPrice, unitPrice, ...line }) => ({
          ...line,
          unitPrice: unitPrice + LEAST_PRICE,
        }));
        const decision = engine.evaluate({ ...cart, lines });
        if (!decision.ok) throw decision.error;
        expect(givenIn(decision).filter((id) => never.includes(id))).toEqual([]);
      }
    }),
    { numRuns: TABLES, endOnFailure: process.env.HAGGLE_SHRINK === undefined },
  );
});

import {
  ABI_VERSION,
  type Cart,
  compileTable,
  createSymbols,
  DEFAULT_POLICY,
  decodeTable,
} from "@haggle/abi";
import fc from "fast-check";
import { expect, it } from "vitest";
import { carts } from "../support/abi-arbitraries.ts";
import { GROUPS, LANES, policies, promotions } from "../support/abi-promotions.ts";
import { listTurns } from "./oracle/order.ts";
import { price } from "./oracle/price.ts";

// What hosts rely on when they leave promotions out, held against the oracle, which knows nothing of tables.

const BUNDLE = { abi: ABI_VERSION, compiler: "none", rules: [], symbols: [], reads: 0 };

it("a promotion whose key a cart lacks grants nothing", () => {
  const policy = { ...DEFAULT_POLICY, lanes: LANES };
  let missed = 0;
  fc.assert(
    fc.property(carts(), promotions(GROUPS, LANES), (cart, list) => {
      const table = compileTable(list, policy, BUNDLE);
      const { promotions: seen } = decodeTable(table.bytes, BUNDLE, createSymbols(table.symbols));
      const held = stringsOf(cart);
      for (const [i, promotion] of table.promotions.entries()) {
        const { key } = seen[i]!;
        if (key === null || key.some((text) => held.has(text))) continue;
        missed++;
        const {
          promotions: outcomes,
          discountTotal,
          added,
          grants,
        } = price(cart, [promotion], policy, { server: true });
        expect(["notEligible", "inactive", "exhausted"]).toContain(outcomes[0]!.status);
        expect([discountTotal, added, grants]).toEqual([0n, [], []]);
      }
    }),
    { numRuns: 500 },
  );
  expect(missed).toBeGreaterThan(100);
});

it("the table has the order in which the oracle takes its turns", () => {
  fc.assert(
    fc.property(promotions(GROUPS, LANES), policies(), (list, policy) => {
      const turns = listTurns(list, policy).flatMap(({ members }) => members.map(({ id }) => id));
      expect(compileTable(list, policy, BUNDLE).promotions.map(({ id }) => id)).toEqual(turns);
    }),
    { numRuns: 500 },
  );
});

/** All that a host looks for the strings of a key in. */
function stringsOf(cart: Cart): Set<string | undefined> {
  const { customer, channel, market, paymentMethod } = cart;
  return new Set([
    ...cart.lines.flatMap(({ sku, productId, categories }) => [sku, productId, ...categories]),
    ...cart.shipping.map(({ method }) => method),
    ...cart.coupons,
    ...(customer?.segments ?? []),
    customer?.tier,
    channel,
    market,
    paymentMethod,
  ]);
}

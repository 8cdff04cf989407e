import type { Cart, Policy, Promotion } from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultPolicies, policies } from "./policies.ts";
import { promotionsOf } from "./promotions.ts";
import { forAll, RUNS, type Table, TIMEOUT_MS, tablesOf } from "./runs.ts";
import { askOracle, tellEngine } from "./subject.ts";
import { amounts, percents } from "./vocabulary.ts";

// The engine and the oracle were written from one text without looking at each other: they agree on every field.

describe("the engine prices as the oracle does", () => {
  it(
    "under the default policy",
    async () => {
      await forAll(
        tablesOf(defaultPolicies),
        fc.constant(undefined),
        (engine, cart, table) => {
          expectSame(tellEngine(engine.evaluate(cart)), cart, table);
        },
        2 * RUNS,
      );
    },
    TIMEOUT_MS,
  );

  it(
    "under any policy",
    async () => {
      await forAll(
        tablesOf(policies),
        fc.constant(undefined),
        (engine, cart, table) => {
          expectSame(tellEngine(engine.evaluate(cart)), cart, table);
        },
        3 * RUNS,
      );
    },
    TIMEOUT_MS,
  );

  it(
    "with amounts of many digits",
    async () => {
      await forAll(
        tablesOf(policies),
        fc.integer({ min: 1, max: 1_000_000_007 }),
        (engine, cart, table, factor) => {
          const large = {
            ...cart,
            lines: cart.lines.map((line) => ({ ...line, unitPrice: line.unitPrice * factor })),
            shipping: cart.shipping.map((entry) => ({ ...entry, price: entry.price * factor })),
          };
          expectSame(tellEngine(engine.evaluate(large)), large, table);
        },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "where a best group is too large to be searched",
    async () => {
      let greedy = 0;
      await forAll(
        tablesOf(bestGroups, manyMembers),
        fc.constant(undefined),
        (engine, cart, table) => {
          const told = tellEngine(engine.evaluate(cart));
          if (told.greedy) greedy++;
          expectSame(told, cart, table);
        },
        Math.ceil(RUNS / 5),
      );
      expect(greedy).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

const bestGroups: fc.Arbitrary<Policy> = defaultPolicies.map((policy) => ({
  ...policy,
  groups: { all: { mode: "best" } },
}));

const manyMembers: fc.Arbitrary<Promotion[]> = fc
  .array(
    fc.oneof(
      percents.map((percent) => [{ target: "order", percent, base: "current" }] as const),
      amounts.map((amount) => [{ target: "unit", amount, units: { max: 2 } }] as const),
    ),
    { minLength: 7, maxLength: 13 },
  )
  .chain((lists) =>
    promotionsOf(3).map((others) => [
      ...others,
      ...lists.map((effects, i) => ({
        id: `m${i}`,
        priority: i % 3,
        group: "all",
        undiscounted: i % 2 === 0,
        effects,
      })),
    ]),
  );

function expectSame(told: ReturnType<typeof tellEngine>, cart: Cart, table: Table): void {
  const { promotions, policy, server } = table;
  expect(told).toEqual(askOracle(cart, promotions, policy, server));
}

import type { Cart, Policy, Promotion } from "@haggle/abi";
import type { Engine, PricedDecision } from "@haggle/sdk";
import fc from "fast-check";
import { carts } from "./carts.ts";
import { fitLanes, promotionsOf } from "./promotions.ts";
import { engineOf } from "./subject.ts";

// Making an engine costs tens of milliseconds, pricing a cart tens of microseconds: each table meets several carts.

/** Tables of promotions for each property; HAGGLE_RUNS=2000 is a night's work. */
export const RUNS = Number(process.env.HAGGLE_RUNS ?? 50);
const CARTS = 8;
/** For one property; more tables take their time. */
export const TIMEOUT_MS = 300_000 * Math.max(1, RUNS / 50);

export type Table = { promotions: Promotion[]; policy: Policy; server: boolean };

export function tablesOf(
  policies: fc.Arbitrary<Policy>,
  promotions: fc.Arbitrary<Promotion[]> = promotionsOf(),
): fc.Arbitrary<Table> {
  return fc
    .record({ promotions, policy: policies, server: fc.boolean() })
    .map((table) => ({ ...table, promotions: fitLanes(table.promotions, table.policy) }));
}

/** Asks one thing of several carts with each table. */
export async function forAll<More>(
  tables: fc.Arbitrary<Table>,
  more: fc.Arbitrary<More>,
  ask: (engine: Engine, cart: Cart, table: Table, more: More) => void | Promise<void>,
  runs = RUNS,
): Promise<void> {
  const some = fc.array(fc.tuple(carts(), more), { minLength: CARTS, maxLength: CARTS });
  await fc.assert(
    fc.asyncProperty(tables, some, async (table, asked) => {
      const engine = await engineOf(table.promotions, table.policy, table.server);
      for (const [cart, given] of asked) await ask(engine, cart, table, given);
    }),
    { numRuns: runs, endOnFailure: process.env.HAGGLE_SHRINK === undefined },
  );
}

export function priceWith(engine: Engine, cart: Cart): PricedDecision {
  const decision = engine.evaluate(cart);
  if (!decision.ok) throw new Error(JSON.stringify(decision));
  return decision;
}

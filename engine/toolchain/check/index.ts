// `haggle check`: what a table of promotions does that nobody wants.

import type { BundleMetadata, Policy, Promotion } from "@haggle/abi";
import { findBudgets } from "./budgets.ts";
import type { Setting } from "./carts.ts";
import type { CheckReport, Finding, Undecided } from "./finding.ts";
import { findFloors } from "./floors.ts";
import { mixesOf } from "./mixes.ts";
import { findOrders } from "./orders.ts";
import { findOverlaps } from "./overlaps.ts";
import { createPricing, type Price } from "./pricing.ts";
import { entriesOf, type Table } from "./table.ts";
import { findUnlocks } from "./unlocks.ts";
import { findUnreached } from "./unreached.ts";

export type CheckOptions = {
  /** In the order in which they run, as an engine has them. */
  promotions: readonly Promotion[];
  policy: Policy;
  /** Of the bundle: what its rules are called, and what they compare with. */
  metadata: Pick<BundleMetadata, "rules" | "symbols">;
  /** What `evaluate` of an engine with `server: true` does. */
  price: Price;
  /** Makes the same of these promotions in another order; without it, questions of order stay undecided. */
  reorder?: (promotions: readonly Promotion[]) => Promise<Price>;
  /** Epoch ms: what is over by then never applies. Windows that are over are nothing to speak of when left out. */
  now?: number;
  /** Of the carts; EUR when left out. */
  currency?: string;
  /** What goods are taken to cost the shop, in percent of their price; 50 when left out. */
  costPercent?: number;
  /** What each allowance starts with, by name. */
  budgets?: Readonly<Record<string, number>>;
  /** Told now and then how far it is. What it gives is waited for, and what it throws ends the check. */
  onProgress?: (done: number, of: number) => void | Promise<void>;
};

/** A day on which nothing of note happens, for carts of tables that ask for no time. */
const ANY_TIME = Date.UTC(2026, 0, 1);
const HALF = 50;

/**
 * Looks for promotions that never apply, stand in each other's way or give more than they should. Each finding has a
 * cart that shows it, priced before it is told; what could be neither shown nor ruled out is listed as undecided.
 *
 * @example
 * const { promotions, policy } = engine;
 * const report = await checkPromotions({ promotions, policy, metadata, price: (cart) => engine.evaluate(cart) });
 * for (const { code, text, cart } of report.findings) print(code, text, cart);
 */
export async function checkPromotions(options: CheckOptions): Promise<CheckReport> {
  const { promotions, policy, metadata, reorder, budgets = {}, onProgress } = options;
  const setting: Setting = {
    policy,
    currency: options.currency ?? "EUR",
    earliest: options.now ?? 0,
    usual: options.now ?? ANY_TIME,
    mixes: mixesOf(promotions),
    costPercent: options.costPercent ?? HALF,
  };
  // Prices that rules make are not promotions: what they ask of a cart is theirs to know.
  const checked = promotions.filter(({ phase }) => phase !== "pricing");
  const entries = entriesOf(checked, metadata.rules, setting);
  const findings: Finding[] = [];
  const undecided: Undecided[] = [];
  const pricing = createPricing(options.price);
  const table: Table = {
    entries,
    byId: new Map(entries.map((entry) => [entry.promotion.id, entry])),
    setting,
    pricing,
    all: promotions,
    reorder,
    budgets,
    symbols: metadata.symbols,
    report: (finding) => findings.push(finding),
    leave: (question) => undecided.push(question),
  };
  const checks = [findUnreached, findFloors, findBudgets, findOverlaps, findUnlocks, findOrders];
  for (const [done, check] of checks.entries()) {
    await onProgress?.(done, checks.length);
    await check(table);
  }
  await onProgress?.(checks.length, checks.length);
  return { findings: findings.toSorted(bySeverity), undecided, pricedCarts: pricing.count };
}

const RANKS = { error: 0, warning: 1, note: 2 } as const;

function bySeverity(a: Finding, b: Finding): number {
  return RANKS[a.severity] - RANKS[b.severity];
}

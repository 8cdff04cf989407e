// The promotions under check with what is known of each, and what all checks share.

import type { Cart, Phase, Policy, Promotion, RuleMetadata } from "@haggle/abi";
import type { Atoms } from "./atoms.ts";
import type { Setting } from "./carts.ts";
import { isPossible } from "./conflicts.ts";
import { type Demand, demandOf } from "./demands.ts";
import type { Finding, Undecided } from "./finding.ts";
import type { Price, Pricing } from "./pricing.ts";

export type Entry = {
  promotion: Promotion;
  /** Its place in the order in which promotions run. */
  position: number;
  rule: RuleMetadata | undefined;
  demand: Demand;
  /** The first way of the demand that nothing speaks against. */
  atoms: Atoms | undefined;
  /** A cart in which it gives something, once one was found. */
  witness: Cart | undefined;
};

export type Table = {
  entries: readonly Entry[];
  byId: ReadonlyMap<string, Entry>;
  setting: Setting;
  /** Those that are not checked among them. */
  all: readonly Promotion[];
  pricing: Pricing;
  /** An engine with the same promotions in another order. */
  reorder: ((promotions: readonly Promotion[]) => Promise<Price>) | undefined;
  /** What each allowance starts with, where it is known. */
  budgets: Readonly<Record<string, number>>;
  /** Strings that rules compare with: coupons among them are known without a promotion of that coupon. */
  symbols: readonly string[];
  report(finding: Finding): void;
  leave(undecided: Undecided): void;
};

/** What a table makes known of each promotion before anything was priced. */
export function entriesOf(
  promotions: readonly Promotion[],
  rules: readonly RuleMetadata[],
  setting: Setting,
): Entry[] {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  return promotions.map((promotion, position) => {
    const rule = promotion.rule === undefined ? undefined : byName.get(promotion.rule);
    const demand = demandOf(promotion, setting.policy);
    const atoms = demand.needs.find((way) => isPossible(way, setting));
    return { promotion, position, rule, demand, atoms, witness: undefined };
  });
}

/** Where the promotion runs: what comes in an earlier phase, lane or priority is ordered on purpose. */
export function placeOf({ promotion, rule }: Entry, policy: Policy): string {
  const { lane = "", priority, exclusive } = promotion;
  const phase =
    policy.phases === "together" && phaseOf(promotion, rule) !== "catalog" ? "" : phaseOf(promotion, rule);
  const first = policy.exclusive === "first" && exclusive ? "exclusive" : "";
  return [phase, lane, first, priority].join("|");
}

export function phaseOf(promotion: Promotion, rule: RuleMetadata | undefined): Phase {
  if (promotion.phase !== undefined) return promotion.phase;
  if (rule?.phase !== undefined) return rule.phase;
  const targets = (promotion.effects ?? []).map(({ target }) => target);
  if (targets.includes("shipping")) return "shipping";
  if (targets.some((target) => ["order", "gift", "points", "cashback"].includes(target))) return "order";
  return targets.some((target) => target !== "message") ? "line" : "order";
}

/** How the outermost group of a promotion that chooses, or lets one win, is called; undefined without one. */
export function rivalGroup({ group }: Promotion, policy: Policy): string | undefined {
  let found: string | undefined;
  const seen = new Set<string>();
  for (let name = group; name !== undefined && !seen.has(name); ) {
    seen.add(name);
    const own = Object.hasOwn(policy.groups, name) ? policy.groups[name] : undefined;
    if (own !== undefined && own.mode !== "stack") found = name;
    name = own?.parent;
  }
  return found;
}

// The order in which promotions run (engine/cli/PRICING.md, section 2), which is the order of the table.

import { refuse } from "./errors.ts";
import { groupBy } from "./group-by.ts";
import type { RuleMetadata } from "./metadata.ts";
import type { Policy } from "./policy.ts";
import type { Effect, Phase, Promotion } from "./promotion.ts";
import { type Groups, numberGroups } from "./table-groups.ts";

/** A promotion with all that its place depends on. */
export type Placed = {
  promotion: Promotion;
  /** Its rule and the index of it in the bundle; undefined when its effects stand in the table. */
  rule: { rule: RuleMetadata; index: number } | undefined;
  phase: Phase;
};

const RANKS: Readonly<Record<Phase, number>> = { pricing: 0, catalog: 1, line: 2, order: 3, shipping: 4 };

/** Sorts promotions; the members of a tree stand together at the place of the first of them. */
export function orderPromotions(
  promotions: readonly Promotion[],
  policy: Policy,
  rules: readonly RuleMetadata[],
): { placed: Placed[]; groups: Groups } {
  const byName = new Map(rules.map((rule, index) => [rule.name, { rule, index }]));
  const lanes = new Map(policy.lanes.map((lane, i) => [lane, i]));
  const keyed = promotions.map((promotion) => {
    const { id, lane = "", exclusive, priority } = promotion;
    const rule = promotion.rule === undefined ? undefined : byName.get(promotion.rule);
    if (!rule && promotion.rule !== undefined) {
      throw refuse("PROMOTION_UNKNOWN_RULE", `promotions.${id}.rule`, promotion.rule);
    }
    if (lane !== "" && !lanes.has(lane)) {
      throw refuse("PROMOTION_UNKNOWN_LANE", `promotions.${id}.lane`, lane);
    }
    if ((rule?.rule.kind === "pricing") !== (promotion.phase === "pricing")) {
      throw refuse("PROMOTION_WRONG_PHASE", `promotions.${id}.phase`, promotion.phase);
    }
    const phase = promotion.phase ?? rule?.rule.phase ?? widestPhase(promotion.effects ?? []);
    const rank = policy.phases === "ordered" ? RANKS[phase] : Math.min(RANKS[phase], RANKS.line);
    const behind = policy.exclusive === "first" && !exclusive ? 1 : 0;
    // Ascending, number by number.
    const keys = [rank, lanes.get(lane) ?? lanes.size, behind, -priority];
    return { placed: { promotion, rule, phase }, keys, id };
  });
  keyed.sort((a, b) => compareKeys(a.keys, b.keys) || compareText(a.id, b.id));
  const groups = numberGroups(promotions, policy);
  const sorted = keyed.map(({ placed }) => placed);
  return { placed: gatherTrees(sorted, groups), groups };
}

/** By UTF-16 units, as JavaScript compares. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [i, key] of a.entries()) if (key !== b[i]) return key - b[i]!;
  return 0;
}

function gatherTrees(sorted: readonly Placed[], groups: Groups): Placed[] {
  const trees = groupBy(sorted, ({ promotion }) => groups.tree(promotion.group));
  return sorted.flatMap((placed) => {
    const tree = groups.tree(placed.promotion.group);
    if (tree === 0) return [placed];
    const members = trees.get(tree)!;
    if (members[0] !== placed) return [];
    // The catalog phase ends before any other begins, so nothing of it can be resolved with the rest.
    const stray = members.find(({ phase }) => (phase === "catalog") !== (placed.phase === "catalog"));
    if (stray) throw refuse("PROMOTION_MIXED_TREE", `promotions.${stray.promotion.id}.phase`, stray.phase);
    return members;
  });
}

/** A message does not count; with nothing else a promotion is one of the order. */
function widestPhase(effects: readonly Effect[]): Phase {
  let widest: Phase | undefined;
  for (const { target } of effects) {
    if (target === "message") continue;
    const phase = phaseOfTarget(target);
    if (widest === undefined || RANKS[phase] > RANKS[widest]) widest = phase;
  }
  return widest ?? "order";
}

function phaseOfTarget(target: Effect["target"]): Phase {
  if (target === "shipping") return "shipping";
  return target === "unit" || target === "line" || target === "lines" ? "line" : "order";
}

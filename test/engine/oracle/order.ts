import type { Effect, Phase, Policy, Promotion } from "@haggle/abi";
import { treeOf } from "./groups.ts";
import { compare } from "./state.ts";

// Section 2. The pricing phase holds rules in code only, which are not the oracle's.

const PHASES: readonly Phase[] = ["catalog", "line", "order", "shipping"];

/** Promotions that are resolved at one place: one by itself, or all of a tree. */
export type Turn = { tree: string | undefined; members: readonly Promotion[] };

export function listTurns(promotions: readonly Promotion[], policy: Policy): Turn[] {
  const turns: { tree: string | undefined; members: Promotion[] }[] = [];
  for (const promotion of promotions.toSorted((a, b) => compareTurns(a, b, policy))) {
    const tree = treeOf(promotion, policy);
    const started = tree === undefined ? undefined : turns.find((turn) => turn.tree === tree);
    if (started) started.members.push(promotion);
    else turns.push({ tree, members: [promotion] });
  }
  return turns;
}

export function phaseOf({ phase, effects = [] }: Promotion): Phase {
  return phase ?? effects.map(phaseOfEffect).reduce<Phase | undefined>(wider, undefined) ?? "order";
}

function phaseOfEffect({ target }: Effect): Phase | undefined {
  if (target === "message") return undefined;
  if (target === "shipping") return "shipping";
  return target === "unit" || target === "line" || target === "lines" ? "line" : "order";
}

function wider(a: Phase | undefined, b: Phase | undefined): Phase | undefined {
  if (!a || !b) return a ?? b;
  return PHASES.indexOf(a) > PHASES.indexOf(b) ? a : b;
}

function compareTurns(a: Promotion, b: Promotion, policy: Policy): number {
  const isFirst = (promotion: Promotion) => promotion.exclusive === true && policy.exclusive === "first";
  return (
    phaseRank(a, policy) - phaseRank(b, policy) ||
    laneRank(a, policy) - laneRank(b, policy) ||
    Number(isFirst(b)) - Number(isFirst(a)) ||
    b.priority - a.priority ||
    compare(a.id, b.id)
  );
}

function phaseRank(promotion: Promotion, policy: Policy): number {
  const rank = PHASES.indexOf(phaseOf(promotion));
  return policy.phases === "together" ? Math.min(rank, 1) : rank;
}

/** Those without a lane are in "", the last one unless it is listed. */
function laneRank({ lane = "" }: Promotion, { lanes }: Policy): number {
  return lanes.includes(lane) ? lanes.indexOf(lane) : lanes.length;
}

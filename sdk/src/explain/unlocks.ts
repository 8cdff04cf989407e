import type { Condition, Promotion } from "@haggle/abi";
import type { DecisionJson } from "../decision-json.ts";
import { isMoney } from "./condition.ts";

/** A promotion that would apply if only one threshold were reached. */
export type Unlock = {
  promotion: string;
  /** The condition that fails. */
  condition: Condition;
  /** What is missing: minor units, or pieces. */
  missing: number;
  unit: "minor" | "pieces";
  /** How much of the threshold is there, from 0 to 1. */
  reached: number;
};

/** The reason of a message that the engine makes of a threshold which is not reached. */
export const UNLOCK = "unlock";

/**
 * What is nearest to being unlocked, the nearest first, by the share of its threshold that is there: of the promotions that
 * are declared with `unlock`, those whose other conditions hold. `explain` says the same in words, promotion by promotion.
 *
 * @example
 * const [next] = nearestUnlocks(decision, engine);
 * if (next?.unit === "minor") show(next.missing, next.promotion); // so much more, and the promotion applies
 */
export function nearestUnlocks(
  decision: Pick<DecisionJson, "promotions" | "messages">,
  { promotions }: { promotions: readonly Promotion[] },
): Unlock[] {
  const found: Unlock[] = [];
  for (const { promotion, reason, amount: missing } of decision.messages) {
    if (reason !== UNLOCK) continue;
    const position = decision.promotions.find(({ id }) => id === promotion)?.condition;
    const condition = promotions.find(({ id }) => id === promotion)?.conditions?.[position ?? -1];
    // A rule may have a message of its own by this name.
    if (condition === undefined || !("value" in condition)) continue;
    const value = condition.value + (condition.operator === "moreThan" ? 1 : 0);
    const unit = isMoney(condition) ? "minor" : "pieces";
    found.push({ promotion, condition, missing, unit, reached: (value - missing) / value });
  }
  return found.sort((a, b) => b.reached - a.reached);
}

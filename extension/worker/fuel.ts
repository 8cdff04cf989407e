// What an evaluation might have used. Storefronts never ask, so no decision carries it.

import { DECISION_LINE_COUNT, fuelLimit } from "@haggle/abi";
import type { Engine, PricedDecision } from "@haggle/sdk";

/** The fuel that the sandbox had given the evaluation of which this decision came. */
export function fuelLimitOf(
  { promotions, policy }: Pick<Engine, "promotions" | "policy">,
  decision: PricedDecision,
): number {
  const candidates = decision.promotions;
  const ofPricing = new Set(promotions.filter(({ phase }) => phase === "pricing").map(({ id }) => id));
  const records = new Int32Array(decision.bytes.buffer)[DECISION_LINE_COUNT >> 2]!;
  return fuelLimit(
    policy.fuel,
    records,
    candidates.length,
    candidates.filter(({ id }) => ofPricing.has(id)).length,
  );
}

// How much one evaluation may use.

import { PRICING_LINES } from "./layout.ts";
import { MAX_FUEL, type Policy } from "./policy.ts";

/**
 * What one evaluation may use. `records` are lines as they are priced, equal ones as one where the policy says so; so many
 * of the candidates are pricing rules'.
 */
export function fuelLimit(
  { base, perLine, perPromotion }: Policy["fuel"],
  records: number,
  candidates: number,
  pricing: number,
): number {
  const slices = candidates + (records >> PRICING_LINES) * pricing;
  return Math.min(MAX_FUEL, base + perLine * records + perPromotion * slices);
}

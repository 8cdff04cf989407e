import type { Cart, Decision, PricedDecision } from "@haggle/sdk";
import type { Observation } from "../metrics/service.ts";

type Money = NonNullable<Observation["money"]>;

/** By what an order of a cart is counted: the arm and the variants that priced it, and what it came to. Plain JSON. */
export type Attribution = Pick<
  Observation,
  "rollout" | "stepAt" | "unit" | "release" | "arm" | "isOverridden"
> & {
  money: Money;
  /** But those of somebody who tests. `unit` is whoever was assigned. */
  variants: { experiment: string; variant: string; unit: string }[];
};

/** Undefined for a cart that no release can price. */
export function findOutcome(decision: Decision): Observation["outcome"] | undefined {
  if (decision.ok) {
    return decision.promotions.some(({ status }) => status === "failed") ? "fault" : "ok";
  }
  const { code } = decision.error;
  if (code.startsWith("CART_")) return undefined;
  return code.startsWith("ENGINE_RULE_") || code === "ENGINE_RESOLVER_FAULT" ? "fault" : "error";
}

/** `pricesWithTax`: whether the release's policy has tax inside prices. The cart is one that was priced. */
export function measureMoney(decision: PricedDecision, cart: Cart, pricesWithTax: boolean): Money {
  return {
    currency: decision.currency,
    discountMinor: decision.discountTotal,
    totalMinor: decision.total,
    marginMinor: findMargin(decision, cart, pricesWithTax),
    atFloor: isAtFloor(decision, cart),
  };
}

/** On goods, without tax. Unknown where one cost is, and where promotions put goods in that have none here. */
function findMargin(decision: PricedDecision, cart: Cart, pricesWithTax: boolean): number | undefined {
  if (decision.added.length > 0) return undefined;
  let margin = 0;
  for (const { unitCost, quantity } of cart.lines) {
    if (unitCost === undefined) return undefined;
    margin -= unitCost * quantity;
  }
  for (const { total, tax = 0 } of decision.lines) margin += pricesWithTax ? total - tax : total;
  return margin;
}

/** Whether a floor of the margin or of a price kept something from being taken off. Unknown where there is none. */
function isAtFloor(decision: PricedDecision, cart: Cart): boolean | undefined {
  if (decision.marginHeld) return true;
  const { lines } = decision;
  let hasFloor = false;
  for (const [index, { minUnitPrice, quantity }] of cart.lines.entries()) {
    if (minUnitPrice === undefined) continue;
    hasFloor = true;
    const { discount, total } = lines[index]!;
    if (discount > 0 && total <= minUnitPrice * quantity) return true;
  }
  return hasFloor ? false : undefined;
}

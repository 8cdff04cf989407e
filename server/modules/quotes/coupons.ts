import type { PricedDecision } from "@haggle/sdk";
import type { CouponView, Entered, Judged } from "../budgets/service.ts";

/**
 * Of codes that were good, those that made a difference: an order uses them. One that nothing is tied to, though something of the
 * release compares with it, counts where anything was given.
 */
export function findUsed(judged: readonly Judged[], decision: PricedDecision): Entered[] {
  if (judged.length === 0) return [];
  const statuses = new Map(decision.coupons.map(({ code, status }) => [code, status]));
  const isGiven = decision.promotions.some(({ granted }) => granted > 0);
  return judged.flatMap(({ id, campaign, reason }) => {
    if (campaign === undefined || reason !== undefined) return [];
    const status = statuses.get(campaign);
    return status === "applied" || (status === "known" && isGiven) ? [{ id, campaign }] : [];
  });
}

/** What became of each code. Why one is refused is for who has a key: others would find out which codes there are. */
export function tellCoupons(
  judged: readonly Judged[],
  used: readonly Entered[],
  { isOpen }: { isOpen: boolean },
): CouponView[] {
  return judged.map(({ id, campaign, reason }) => {
    if (campaign === undefined || reason !== undefined) {
      if (!isOpen) return { state: "refused" };
      return { state: "refused", ...(campaign !== undefined && { campaign }), reason: reason ?? "unknown" };
    }
    return { state: used.some((one) => one.id === id) ? "applied" : "notApplied", campaign };
  });
}

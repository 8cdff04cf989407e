/** A percentage off the order by the customer's tier. */
class TierPercent {
  /** Name of the first tier. */
  firstTier: Sym = "silver";
  /** What comes off for it. */
  first: Percent = Percent.of(3);
  /** Name of the second tier. */
  secondTier: Sym = "gold";
  /** What comes off for it. */
  second: Percent = Percent.of(5);
  /** Name of the third tier. */
  thirdTier: Sym = "platinum";
  /** What comes off for it. */
  third: Percent = Percent.of(8);
}

@promo(name="tier-percent", template=true)
export function tierPercent(ctx: Context, p: TierPercent): Result {
  const tier = ctx.customer.tier;
  if (tier == p.thirdTier) return Result.orderPercent(p.third, "TIER_PERCENT");
  if (tier == p.secondTier) return Result.orderPercent(p.second, "TIER_PERCENT");
  if (tier == p.firstTier) return Result.orderPercent(p.first, "TIER_PERCENT");
  return Result.none();
}

/** Points for what the goods cost, more of them for some tiers: 1 % is one point for each full unit of currency. */
class PointsByValue {
  /** Categories that earn points; null for all. */
  categories: Tags = Tags.any();
  /** Points as a part of minor units. */
  percent: Percent = Percent.of(1);
  /** Tiers that earn more. */
  premiumTiers: Tags = Tags.of("gold");
  /** Their points. */
  premium: Percent = Percent.of(2);
}

@promo(name="points-by-value", template=true)
export function pointsByValue(ctx: Context, p: PointsByValue): Result {
  if (!ctx.customer.loggedIn) return Result.none();
  const percent = p.premiumTiers.has(ctx.customer.tier) ? p.premium : p.percent;
  return Result.pointsPercent(percent, "POINTS_BY_VALUE").on(ctx.cart.inCategories(p.categories));
}

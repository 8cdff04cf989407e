/** More off the order, the more it is worth: two steps, and how much is missing to the first. */
class TieredPercent {
  firstFrom: Money = 500_00;
  firstPercent: Percent = Percent.of(5);
  secondFrom: Money = 1000_00;
  secondPercent: Percent = Percent.of(8);
}

@promo(name="tiered-percent", priority=20)
export function tieredPercent(ctx: Context, p: TieredPercent): Result {
  const total = ctx.cart.total;
  if (total >= p.secondFrom) return Result.orderPercent(p.secondPercent, "TIER_2");
  if (total >= p.firstFrom) return Result.orderPercent(p.firstPercent, "TIER_1");
  return Result.message(p.firstFrom - total, "TO_TIER_1");
}

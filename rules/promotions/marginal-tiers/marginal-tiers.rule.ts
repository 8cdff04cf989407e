/** A percentage off only what the order is worth beyond a value, and a higher one off what lies beyond the next. */
class MarginalTiers {
  /** Order value beyond which the first percentage holds. */
  firstFrom: Money = 100_00;
  /** What comes off what lies beyond it. */
  first: Percent = Percent.of(10);
  /** Order value beyond which the second one holds; 0 for none. */
  secondFrom: Money = 300_00;
  /** What comes off what lies beyond that. */
  second: Percent = Percent.of(20);
}

@promo(name="marginal-tiers", template=true)
export function marginalTiers(ctx: Context, p: MarginalTiers): Result {
  const off = Result.orderPercent(p.first, "MARGINAL_TIER").from(p.firstFrom).marginal();
  return p.secondFrom > 0 ? off.stepPercent(p.secondFrom, p.second) : off;
}

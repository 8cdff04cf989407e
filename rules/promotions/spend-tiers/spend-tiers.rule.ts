/** More off the order the more it is worth, in up to three steps; says how much is missing to the next. */
class SpendTiers {
  /** Order value of the first step. */
  firstFrom: Money = 100_00;
  /** What comes off from there. */
  first: Percent = Percent.of(5);
  /** Order value of the second step; 0 for none. */
  secondFrom: Money = 200_00;
  /** What comes off from there. */
  second: Percent = Percent.of(10);
  /** Order value of the third step; 0 for none. */
  thirdFrom: Money = 500_00;
  /** What comes off from there. */
  third: Percent = Percent.of(15);
}

@promo(name="spend-tiers", template=true)
export function spendTiers(ctx: Context, p: SpendTiers): Result {
  const total = ctx.cart.total;
  const off = Result.orderPercent(p.first, "SPEND_TIER").from(p.firstFrom);
  if (p.secondFrom > 0) off.stepPercent(p.secondFrom, p.second);
  if (p.thirdFrom > 0) off.stepPercent(p.thirdFrom, p.third);
  const next = total < p.firstFrom ? p.firstFrom : total < p.secondFrom ? p.secondFrom : p.thirdFrom;
  return next > total ? off.and(Result.message(next - total, "TO_SPEND_TIER")) : off;
}

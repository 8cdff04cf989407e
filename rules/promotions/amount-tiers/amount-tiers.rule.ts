/** A larger amount off the order the more it is worth, in up to three steps; says how much is missing to the next. */
class AmountTiers {
  /** Order value of the first step. */
  firstFrom: Money = 100_00;
  /** What comes off from there. */
  first: Money = 10_00;
  /** Order value of the second step; 0 for none. */
  secondFrom: Money = 200_00;
  /** What comes off from there. */
  second: Money = 25_00;
  /** Order value of the third step; 0 for none. */
  thirdFrom: Money = 300_00;
  /** What comes off from there. */
  third: Money = 45_00;
}

@promo(name="amount-tiers", template=true)
export function amountTiers(ctx: Context, p: AmountTiers): Result {
  const total = ctx.cart.total;
  const off = Result.order(p.first, "AMOUNT_TIER").from(p.firstFrom);
  if (p.secondFrom > 0) off.step(p.secondFrom, p.second);
  if (p.thirdFrom > 0) off.step(p.thirdFrom, p.third);
  const next = total < p.firstFrom ? p.firstFrom : total < p.secondFrom ? p.secondFrom : p.thirdFrom;
  return next > total ? off.and(Result.message(next - total, "TO_AMOUNT_TIER")) : off;
}

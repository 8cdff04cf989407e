/** A part of what the goods cost comes back later, at most so much, for customers who are logged in. */
class CashbackPercent {
  /** Categories that count; any when empty. */
  categories: Tags = Tags.any();
  /** What comes back. */
  percent: Percent = Percent.of(5);
  /** The most that comes back. */
  most: Money = 20_00;
}

@promo(name="cashback-percent", template=true)
export function cashbackPercent(ctx: Context, p: CashbackPercent): Result {
  if (!ctx.customer.loggedIn) return Result.none();
  const back = p.percent.times(ctx.cart.inCategories(p.categories).left, Rounding.Down);
  return Result.cashback(min(back, p.most), "CASHBACK_PERCENT");
}

/** A part of what the goods cost comes back later, at most so much, for customers who are logged in. */
class CashbackPercent {
  /** Categories that count; null for all. */
  categories: Tags = Tags.any();
  /** What comes back. */
  percent: Percent = Percent.of(5);
  /** The most that comes back; 0 for no limit. */
  most: Money = 20_00;
}

@promo(name="cashback-percent", template=true)
export function cashbackPercent(ctx: Context, p: CashbackPercent): Result {
  if (!ctx.customer.loggedIn) return Result.none();
  const goods = ctx.cart.inCategories(p.categories);
  const back = p.percent.times(goods.left, Rounding.Down);
  if (p.most > 0 && back > p.most) return Result.cashback(p.most, "CASHBACK_PERCENT");
  return Result.cashbackPercent(p.percent, "CASHBACK_PERCENT").on(goods);
}

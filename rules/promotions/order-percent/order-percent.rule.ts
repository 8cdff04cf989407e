/** A percentage off all goods from an order value on, at most so much; below it, says how much is missing. */
class OrderPercent {
  /** What comes off. */
  percent: Percent = Percent.of(10);
  /** Order value from which it applies. */
  threshold: Money = 100_00;
  /** The most that comes off; 0 for no limit. */
  most: Money = 25_00;
}

@promo(name="order-percent", template=true)
export function orderPercent(ctx: Context, p: OrderPercent): Result {
  const missing = p.threshold - ctx.cart.total;
  if (missing > 0) return Result.message(missing, "TO_ORDER_PERCENT");
  const off = Result.orderPercent(p.percent, "ORDER_PERCENT");
  return p.most > 0 ? off.upTo(p.most) : off;
}

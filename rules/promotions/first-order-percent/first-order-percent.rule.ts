/** A percentage off the first order of a customer who is logged in, at most so much. */
class FirstOrderPercent {
  /** What comes off. */
  percent: Percent = Percent.of(15);
  /** The most that comes off; 0 for no limit. */
  most: Money = 30_00;
}

@promo(name="first-order-percent", template=true)
export function firstOrderPercent(ctx: Context, p: FirstOrderPercent): Result {
  if (!ctx.customer.loggedIn || ctx.customer.orders > 0) return Result.none();
  const off = Result.orderPercent(p.percent, "FIRST_ORDER");
  return p.most > 0 ? off.upTo(p.most) : off;
}

/** A percentage off goods at full price for whoever brings the coupon of a campaign, at most so much. */
class CouponPercent {
  /** Campaign of the coupon. */
  campaign: Sym = "SPRING";
  /** What comes off. */
  percent: Percent = Percent.of(20);
  /** The most that comes off; 0 for no limit. */
  most: Money = 50_00;
}

@promo(name="coupon-percent", template=true)
export function couponPercent(ctx: Context, p: CouponPercent): Result {
  if (!ctx.cart.hasCoupon(p.campaign)) return Result.none();
  const off = Result.orderPercent(p.percent, "COUPON_PERCENT").on(ctx.cart.lines.undiscounted);
  return p.most > 0 ? off.upTo(p.most) : off;
}

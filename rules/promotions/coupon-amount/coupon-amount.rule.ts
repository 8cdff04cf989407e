/** A fixed amount off for whoever brings the coupon of a campaign. */
class CouponAmount {
  campaign: Sym = "WELCOME10";
  threshold: Money = 50_00;
  off: Money = 10_00;
}

@promo(name="coupon-amount", priority=5)
export function couponAmount(ctx: Context, p: CouponAmount): Result {
  if (!ctx.cart.hasCoupon(p.campaign)) return Result.none();
  if (ctx.cart.total < p.threshold) return Result.message(p.threshold - ctx.cart.total, "TO_COUPON");
  return Result.order(p.off, "COUPON_AMOUNT");
}

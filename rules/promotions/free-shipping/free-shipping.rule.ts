/** Shipping is free from an order value on; below it, says how much is missing. */
class FreeShipping {
  threshold: Money = 200_00;
}

@promo(name="free-shipping", priority=1)
export function freeShipping(ctx: Context, p: FreeShipping): Result {
  if (ctx.cart.shippingTotal == 0) return Result.none();
  if (ctx.cart.total >= p.threshold) return Result.shippingPercent(Percent.of(100), "FREE_SHIPPING");
  return Result.message(p.threshold - ctx.cart.total, "TO_FREE_SHIPPING");
}

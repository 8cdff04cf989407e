/** A percentage off shipping from an order value on; below it, says how much is missing. */
class ShippingPercent {
  /** Shipping methods that it is about; null for all. */
  methods: Tags = Tags.any();
  /** What comes off. */
  percent: Percent = Percent.of(50);
  /** Order value from which it applies. */
  threshold: Money = 50_00;
}

@promo(name="shipping-percent", template=true)
export function shippingPercent(ctx: Context, p: ShippingPercent): Result {
  if (ctx.cart.shippingTotal == 0 || !ctx.cart.shipsBy(p.methods)) return Result.none();
  const missing = p.threshold - ctx.cart.total;
  if (missing > 0) return Result.message(missing, "TO_SHIPPING_PERCENT");
  return Result.shippingPercent(p.percent, "SHIPPING_PERCENT").byMethods(p.methods);
}

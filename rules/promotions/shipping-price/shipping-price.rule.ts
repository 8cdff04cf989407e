/** A flat price for shipping from an order value on. */
class ShippingPrice {
  /** Shipping methods that it is about; null for all. */
  methods: Tags = Tags.any();
  /** What each parcel costs at most. */
  price: Money = 1_99;
  /** Order value from which it applies. */
  threshold: Money = 30_00;
}

@promo(name="shipping-price", template=true)
export function shippingPrice(ctx: Context, p: ShippingPrice): Result {
  if (ctx.cart.total < p.threshold) return Result.none();
  return Result.shippingPrice(p.price, "SHIPPING_PRICE").byMethods(p.methods);
}

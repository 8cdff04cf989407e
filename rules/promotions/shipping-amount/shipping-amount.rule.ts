/** An amount off shipping: once for the order, or off each parcel. */
class ShippingAmount {
  /** Shipping methods that it is about; null for all. */
  methods: Tags = Tags.any();
  /** What comes off, at most what shipping costs. */
  off: Money = 3_00;
  /** Off each parcel, instead of shared by all. */
  each: bool = false;
}

@promo(name="shipping-amount", template=true)
export function shippingAmount(ctx: Context, p: ShippingAmount): Result {
  const off = Result.shipping(p.off, "SHIPPING_AMOUNT").byMethods(p.methods);
  return p.each ? off.each() : off;
}

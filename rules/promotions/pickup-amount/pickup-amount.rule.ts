/** An amount off the goods for orders that are collected, or go by other methods that cost the shop less. */
class PickupAmount {
  /** The shipping methods. */
  methods: Tags = Tags.of("pickup");
  /** What comes off. */
  off: Money = 3_00;
  /** Order value from which it applies. */
  threshold: Money = 20_00;
}

@promo(name="pickup-amount", template=true)
export function pickupAmount(ctx: Context, p: PickupAmount): Result {
  if (!ctx.cart.shipsBy(p.methods) || ctx.cart.total < p.threshold) return Result.none();
  return Result.order(p.off, "PICKUP_AMOUNT");
}

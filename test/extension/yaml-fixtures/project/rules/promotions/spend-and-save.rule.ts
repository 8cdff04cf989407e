class SpendAndSave {
  /** The goods total from which it applies. */
  threshold: Money = 300_00;
  /** What comes off. */
  off: Money = 50_00;
  /** Only goods in these categories count. */
  categories: Tags = Tags.any();
}

/** Spend enough, save a fixed amount. */
@promo(name="spend-and-save", group="order", priority=10)
export function spendAndSave(ctx: Context, p: SpendAndSave): Result {
  const total = ctx.cart.inCategories(p.categories).total;
  if (total >= p.threshold) return Result.order(p.off, "SPEND_AND_SAVE");
  return Result.none();
}

/** Free shipping for everybody. */
@promo(name="free-shipping")
export function freeShipping(ctx: Context): Result {
  return Result.shippingPercent(Percent.of(100), "FREE_SHIPPING");
}

/** The better for the price of the basic: one unit for each basic unit that is in the cart. */
class Upgrade {
  /** Categories of the basic goods. */
  basic: Tags = Tags.of("basic");
  /** Categories of the better ones. */
  better: Tags = Tags.of("premium");
}

@promo(name="upgrade", template=true)
export function upgrade(ctx: Context, p: Upgrade): Result {
  const basic = ctx.cart.inCategories(p.basic);
  if (basic.count == 0) return Result.none();
  const better = ctx.cart.inCategories(p.better);
  return Result.unitsPrice(better, basic.cheapest.unitPrice, "UPGRADE").maxUnits(basic.quantity);
}

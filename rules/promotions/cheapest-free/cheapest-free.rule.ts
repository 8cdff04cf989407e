/** Of every so many units of some goods, mixed as one likes, the cheapest is free. */
class CheapestFree {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** Units of which one is free. */
  units: i32 = 3;
  /** What comes off it. */
  percent: Percent = Percent.of(100);
}

@promo(name="cheapest-free", template=true)
export function cheapestFree(ctx: Context, p: CheapestFree): Result {
  const goods = ctx.cart.inCategories(p.categories);
  return Result.unitsPercent(goods, p.percent, "CHEAPEST_FREE").buy(p.units - 1).get(1);
}

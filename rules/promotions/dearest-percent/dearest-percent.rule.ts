/** A percentage off the dearest units of some goods, at most so much for each. */
class DearestPercent {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** How many units. */
  units: i32 = 1;
  /** What comes off each. */
  percent: Percent = Percent.of(50);
  /** The most that comes off a unit. */
  most: Money = 30_00;
}

@promo(name="dearest-percent", template=true)
export function dearestPercent(ctx: Context, p: DearestPercent): Result {
  const goods = ctx.cart.inCategories(p.categories);
  return Result.unitsPercent(goods, p.percent, "DEAREST_PERCENT").dearestFirst().maxUnits(p.units).upToPerUnit(p.most);
}

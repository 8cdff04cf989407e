/** Every nth unit of some goods at a percentage off, counted from the dearest: the second at half its price. */
class NthUnitPercent {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** Which unit, of every so many. */
  n: i32 = 2;
  /** What comes off it. */
  percent: Percent = Percent.of(50);
}

@promo(name="nth-unit-percent", template=true)
export function nthUnitPercent(ctx: Context, p: NthUnitPercent): Result {
  const goods = ctx.cart.inCategories(p.categories);
  return Result.unitsPercent(goods, p.percent, "NTH_UNIT_PERCENT").every(p.n, p.n - 1).dearestFirst();
}

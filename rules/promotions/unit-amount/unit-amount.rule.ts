/** An amount off each unit of some goods, for so many units of a line. */
class UnitAmount {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** What comes off each unit, at most its price. */
  off: Money = 2_00;
  /** The most units of one line; 0 for no limit. */
  most: i32 = 3;
}

@promo(name="unit-amount", template=true)
export function unitAmount(ctx: Context, p: UnitAmount): Result {
  const off = Result.units(ctx.cart.inCategories(p.categories), p.off, "UNIT_AMOUNT");
  return p.most > 0 ? off.maxUnitsPerLine(p.most) : off;
}

/** A percentage off some goods that grows with how many units of them are bought, mixed as one likes. */
class QuantityTiers {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Units of the first step. */
  firstFrom: i32 = 3;
  /** What comes off from there. */
  first: Percent = Percent.of(5);
  /** Units of the second step; 0 for none. */
  secondFrom: i32 = 6;
  /** What comes off from there. */
  second: Percent = Percent.of(10);
  /** Units of the third step; 0 for none. */
  thirdFrom: i32 = 12;
  /** What comes off from there. */
  third: Percent = Percent.of(15);
}

@promo(name="quantity-tiers", template=true)
export function quantityTiers(ctx: Context, p: QuantityTiers): Result {
  const goods = ctx.cart.inCategories(p.categories);
  const off = Result.unitsPercent(goods, p.first, "QUANTITY_TIER").from(p.firstFrom).byUnits();
  if (p.secondFrom > 0) off.stepPercent(p.secondFrom, p.second);
  if (p.thirdFrom > 0) off.stepPercent(p.thirdFrom, p.third);
  return off;
}

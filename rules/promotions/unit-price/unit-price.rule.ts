/** A special price for each unit of some goods, for so many units of an order. */
class UnitPrice {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** What a unit costs. */
  price: Money = 9_99;
  /** The most units, the dearest first; 0 for no limit. */
  most: i32 = 5;
}

@promo(name="unit-price", template=true)
export function unitPrice(ctx: Context, p: UnitPrice): Result {
  const off = Result.unitsPrice(ctx.cart.inCategories(p.categories), p.price, "UNIT_PRICE").dearestFirst();
  return p.most > 0 ? off.maxUnits(p.most) : off;
}

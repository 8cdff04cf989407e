/** A lower unit price the more units a line has: wholesale prices in up to three steps. */
class PriceBreaks {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Units of the first step. */
  firstFrom: i32 = 10;
  /** What a unit costs from there. */
  first: Money = 9_00;
  /** Units of the second step; 0 for none. */
  secondFrom: i32 = 50;
  /** What a unit costs from there. */
  second: Money = 8_00;
  /** Units of the third step; 0 for none. */
  thirdFrom: i32 = 100;
  /** What a unit costs from there. */
  third: Money = 7_00;
}

@promo(name="price-breaks", template=true)
export function priceBreaks(ctx: Context, p: PriceBreaks): Result {
  const goods = ctx.cart.inCategories(p.categories);
  const off = Result.unitsPrice(goods, p.first, "PRICE_BREAK").from(p.firstFrom).byLineUnits();
  if (p.secondFrom > 0) off.step(p.secondFrom, p.second);
  if (p.thirdFrom > 0) off.step(p.thirdFrom, p.third);
  return off;
}

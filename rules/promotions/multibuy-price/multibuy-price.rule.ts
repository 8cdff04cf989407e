/** Any so many units of some goods for one price, as often as they are there, the dearest first. */
class MultibuyPrice {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** Units that cost the price together. */
  units: i32 = 3;
  /** What they cost. */
  price: Money = 40_00;
}

@promo(name="multibuy-price", template=true)
export function multibuyPrice(ctx: Context, p: MultibuyPrice): Result {
  const goods = ctx.cart.inCategories(p.categories);
  return Result.linesPrice(goods, p.price, "MULTIBUY_PRICE").bundle(goods, p.units).dearestFirst();
}

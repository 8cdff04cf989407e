/** A carton: a line of exactly so many units costs one price. */
class LinePrice {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Units in a carton. */
  units: i32 = 6;
  /** What a carton costs. */
  price: Money = 10_00;
}

@promo(name="line-price", template=true)
export function linePrice(ctx: Context, p: LinePrice): Result {
  const lines = ctx.cart.inCategories(p.categories);
  let result = Result.none();
  for (let i = 0; i < lines.count; i++) {
    if (lines.at(i).quantity == p.units) result = result.and(Result.linePrice(lines.at(i), p.price, "LINE_PRICE"));
  }
  return result;
}

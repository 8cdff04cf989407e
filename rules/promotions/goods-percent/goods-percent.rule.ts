/** A percentage off each unit of some goods, with others left out. */
class GoodsPercent {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Categories that are left out. */
  excluded: Tags = Tags.of("gift-cards");
  /** What comes off. */
  percent: Percent = Percent.of(20);
}

@promo(name="goods-percent", template=true)
export function goodsPercent(ctx: Context, p: GoodsPercent): Result {
  const goods = ctx.cart.inCategories(p.categories).except(ctx.cart.inCategories(p.excluded));
  return Result.unitsPercent(goods, p.percent, "GOODS_PERCENT");
}

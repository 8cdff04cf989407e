/** Buy some units of a product, get more of the same product at a percentage off, the cheapest variants first. */
class BuyGetSame {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Units to buy. */
  buy: i32 = 2;
  /** Units to get with them. */
  get: i32 = 1;
  /** What comes off those. */
  percent: Percent = Percent.of(100);
  /** How often for each product; 0 for no limit. */
  times: i32 = 0;
}

@promo(name="buy-get-same", template=true)
export function buyGetSame(ctx: Context, p: BuyGetSame): Result {
  const goods = ctx.cart.inCategories(p.categories);
  const off = Result.unitsPercent(goods, p.percent, "BUY_GET_SAME").buy(p.buy).get(p.get).perProduct();
  return p.times > 0 ? off.times(p.times) : off;
}

/** Buy some goods, get others at a percentage off, the cheapest of them first. */
class BuyGetOther {
  /** Categories of the goods to buy. */
  buyCategories: Tags = Tags.of("shoes");
  /** Units to buy. */
  buyUnits: i32 = 1;
  /** Categories of the goods to get. */
  getCategories: Tags = Tags.of("accessories");
  /** Units to get each time. */
  getUnits: i32 = 1;
  /** What comes off those. */
  percent: Percent = Percent.of(50);
  /** How often; 0 for no limit. */
  times: i32 = 0;
}

@promo(name="buy-get-other", template=true)
export function buyGetOther(ctx: Context, p: BuyGetOther): Result {
  const off = Result.unitsPercent(ctx.cart.inCategories(p.getCategories), p.percent, "BUY_GET_OTHER")
    .buy(p.buyUnits, ctx.cart.inCategories(p.buyCategories))
    .get(p.getUnits)
    .partial();
  return p.times > 0 ? off.times(p.times) : off;
}

/** One amount off some goods together, shared by value, by quantity or evenly. */
class GoodsAmount {
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** What comes off, at most the value of the goods. */
  off: Money = 10_00;
  /** How the lines share it: "value", "quantity" or "even". */
  split: Sym = "value";
}

@promo(name="goods-amount", template=true)
export function goodsAmount(ctx: Context, p: GoodsAmount): Result {
  const off = Result.lines(ctx.cart.inCategories(p.categories), p.off, "GOODS_AMOUNT");
  if (p.split == "quantity") return off.byQuantity();
  if (p.split == "even") return off.evenly();
  return off.proportionally();
}

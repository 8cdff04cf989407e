/** Something extra for a small price, when the other goods are worth enough. */
class AddOnPrice {
  /** Sku of the extra. */
  sku: Sym = "umbrella";
  /** What a piece of it costs then. */
  price: Money = 5_00;
  /** What the other goods must be worth. */
  threshold: Money = 50_00;
  /** The most pieces. */
  most: i32 = 1;
}

@promo(name="add-on-price", template=true)
export function addOnPrice(ctx: Context, p: AddOnPrice): Result {
  const extra = ctx.cart.ofSku(p.sku);
  if (ctx.cart.lines.except(extra).total < p.threshold) return Result.none();
  return Result.unitsPrice(extra, p.price, "ADD_ON_PRICE").maxUnits(p.most);
}

/** Goods of two kinds together for one price, as often as both are there. */
class BundlePrice {
  /** The first category. */
  first: Sym = "shoes";
  /** Units of it in a bundle. */
  firstUnits: i32 = 1;
  /** The second category. */
  second: Sym = "accessories";
  /** Units of it in a bundle. */
  secondUnits: i32 = 2;
  /** What a bundle costs. */
  price: Money = 120_00;
}

@promo(name="bundle-price", template=true)
export function bundlePrice(ctx: Context, p: BundlePrice): Result {
  return Result.linesPrice(ctx.cart.lines, p.price, "BUNDLE_PRICE")
    .bundle(ctx.cart.inCategory(p.first), p.firstUnits)
    .bundle(ctx.cart.inCategory(p.second), p.secondUnits);
}

/** A percentage off two categories that are bought together. */
class BundlePercent {
  first: Sym = "shoes";
  second: Sym = "outerwear";
  percent: Percent = Percent.of(5);
}

@promo(name="bundle-percent", priority=30)
export function bundlePercent(ctx: Context, p: BundlePercent): Result {
  const first = ctx.cart.inCategory(p.first);
  const second = ctx.cart.inCategory(p.second);
  if (first.count == 0 || second.count == 0) return Result.none();
  return Result.linesPercent(first, p.percent, "BUNDLE").and(Result.linesPercent(second, p.percent, "BUNDLE"));
}

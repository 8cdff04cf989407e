class Options {
  part: Percent = 12.5;
  least: Money = 99.90;
}

@promo(name="loyal")
export function loyal(ctx: Context, p: Options): Result {
  if (ctx.cart.total < 19.99) return Result.orderPercent(7.25, "SMALL");
  if (ctx.cart.total < 50_00) return Result.orderPercent(0.5, "HALF");
  return Result.order(ctx.cart.total * 0.15, "SHARE");
}

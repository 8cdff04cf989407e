/** The goods total from which it applies. */
let threshold: Money = 300_00;
const part = Percent.of(10);

/** A part of large orders. */
@promo(name="loyal")
export function loyal(ctx: Context): Result {
  if (ctx.cart.total < threshold) return Result.message(threshold - ctx.cart.total, "MORE");
  return Result.orderPercent(part, "OVER");
}

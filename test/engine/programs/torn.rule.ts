@promo(name="torn")
export function torn(ctx: Context): Result {
  if (ctx.cart.total > {
  return Result.none(;
}

@promo(name="满300减50", priority=10)
export function apply(ctx: Context): Result {
  if (ctx.cart.total >= 300_00) return Result.order(50_00, "FULL_300_OFF_50");
  return Result.none();
}

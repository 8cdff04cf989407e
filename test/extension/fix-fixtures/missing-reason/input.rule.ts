@promo(name="loyal")
export function spendAndSave(ctx: Context): Result {
  if (ctx.cart.total > 300_00) return Result.order(50_00);
  return Result.orderPercent(Percent.of(5), "");
}

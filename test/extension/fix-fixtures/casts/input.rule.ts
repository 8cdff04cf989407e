@promo(name="loyal")
export function loyal(ctx: Context): Result {
  const count: i32 = ctx.cart.total / 100_00;
  const half: i32 = mulDiv(ctx.cart.total, 1, 2, Rounding.Down);
  const sum = 1 + half;
  return Result.order((count + sum) as i64, "COUNT");
}

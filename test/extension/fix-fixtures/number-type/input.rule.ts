@promo(name="loyal")
export function loyal(ctx: Context): Result {
  const count: number = ctx.cart.lines.count;
  return count > 2 ? Result.order(5_00, "MORE") : Result.none();
}

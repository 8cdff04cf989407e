@promo(name="loyal")
export function loyal(context: Context): Result {
  console.log("here");
  const least = Math.min(context.cart.total, 50_00);
  const whole = Math.floor(context.cart.total / 2);
  if (Date.now() > 0) return Result.order(Math.max(least, whole), "NOW");
  return Result.none();
}

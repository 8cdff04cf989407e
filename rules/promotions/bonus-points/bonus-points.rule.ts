/** Points on top for an order of some value, for customers who are logged in. */
class BonusPoints {
  /** How many. */
  points: i32 = 500;
  /** Order value from which they are given. */
  threshold: Money = 100_00;
}

@promo(name="bonus-points", template=true)
export function bonusPoints(ctx: Context, p: BonusPoints): Result {
  if (!ctx.customer.loggedIn || ctx.cart.total < p.threshold) return Result.none();
  return Result.points(i64(p.points), "BONUS_POINTS");
}

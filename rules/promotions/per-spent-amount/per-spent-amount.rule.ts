/** An amount off for every full step that the order is worth. */
class PerSpentAmount {
  /** One step. */
  each: Money = 100_00;
  /** What comes off for each. */
  off: Money = 10_00;
  /** The most steps that count; 0 for no limit. */
  times: i32 = 3;
}

@promo(name="per-spent-amount", template=true)
export function perSpentAmount(ctx: Context, p: PerSpentAmount): Result {
  if (p.each <= 0) return Result.none();
  let steps = ctx.cart.total / p.each;
  if (p.times > 0) steps = min(steps, i64(p.times));
  return Result.order(p.off * steps, "PER_SPENT_AMOUNT");
}

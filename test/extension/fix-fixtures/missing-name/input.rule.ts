@promo(priority=10)
export function spendAndSaveVIP(ctx: Context): Result {
  return Result.none();
}

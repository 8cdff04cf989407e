@promo(name="loyal")
@promo(name="other")
export function loyal(ctx: Context): Result {
  return Result.none();
}

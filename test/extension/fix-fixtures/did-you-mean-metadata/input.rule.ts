@promo(name="loyal", priorty=10)
export function loyal(ctx: Context): Result {
  return Result.none();
}

@promo(name="loyal-2")
export function loyal(ctx: Context): Result {
  return Result.none();
}

@promo(name="loyal-2")
export function other(ctx: Context): Result {
  return Result.none();
}

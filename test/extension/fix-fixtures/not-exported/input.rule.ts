@promo(name="loyal")
function loyal(ctx: Context): Result {
  return Result.none();
}

@promo(name="loyal", priority=10, name="other", group="basket")
export function loyal(ctx: Context): Result {
  return Result.none();
}

@prmo(name="loyal")
export function loyal(ctx: Context): Result {
  return Result.none();
}

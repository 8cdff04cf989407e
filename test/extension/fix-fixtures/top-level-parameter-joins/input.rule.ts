class Vip {
  /** What comes off. */
  off: Money = 50_00;
}

let threshold: i64 = 300_00;
let segments: Tags = Tags.of("vip");

@promo(name="loyal")
export function loyal(ctx: Context, options: Vip): Result {
  if (!ctx.customer.inSegments(segments)) return Result.none();
  return ctx.cart.total > threshold ? Result.order(options.off, "OVER") : Result.none();
}

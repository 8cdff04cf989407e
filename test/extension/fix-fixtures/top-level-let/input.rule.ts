let threshold: Money = 300_00;

class Counter {
  static limit: i32 = 5;
}

@promo(name="loyal")
export function loyal(ctx: Context): Result {
  return ctx.cart.total > threshold ? Result.order(50_00 + Counter.limit, "OVER") : Result.none();
}

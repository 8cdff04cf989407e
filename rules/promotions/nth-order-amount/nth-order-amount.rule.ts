/** An amount off every nth order of a customer. */
class NthOrderAmount {
  /** Which order, of every so many. */
  n: i32 = 10;
  /** What comes off. */
  off: Money = 10_00;
}

@promo(name="nth-order-amount", template=true)
export function nthOrderAmount(ctx: Context, p: NthOrderAmount): Result {
  if (p.n <= 0 || !ctx.customer.loggedIn || (ctx.customer.orders + 1) % p.n != 0) return Result.none();
  return Result.order(p.off, "NTH_ORDER");
}

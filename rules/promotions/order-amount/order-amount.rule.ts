/** A fixed amount off all goods from an order value on; below it, says how much is missing. */
class OrderAmount {
  /** What comes off. */
  off: Money = 5_00;
  /** Order value from which it applies. */
  threshold: Money = 50_00;
}

@promo(name="order-amount", template=true)
export function orderAmount(ctx: Context, p: OrderAmount): Result {
  const missing = p.threshold - ctx.cart.total;
  if (missing > 0) return Result.message(missing, "TO_ORDER_AMOUNT");
  return Result.order(p.off, "ORDER_AMOUNT");
}

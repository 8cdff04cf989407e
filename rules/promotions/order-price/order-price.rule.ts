/** Fill a box: exactly so many units together cost one price. */
class OrderPrice {
  /** Units in the box. */
  units: i32 = 3;
  /** What it costs. */
  price: Money = 50_00;
}

@promo(name="order-price", template=true)
export function orderPrice(ctx: Context, p: OrderPrice): Result {
  if (ctx.cart.quantity != p.units) return Result.none();
  return Result.orderPrice(p.price, "BOX_PRICE");
}

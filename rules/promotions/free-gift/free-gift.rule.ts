/** A gift from an order value on. One that is in the cart already is given there; below it, says how much is missing. */
class FreeGift {
  /** Order value from which it is given. */
  threshold: Money = 100_00;
  /** Sku of the gift. */
  sku: Sym = "mug";
  /** Its product. */
  product: Sym = "mug";
  /** What a piece costs otherwise. */
  unitPrice: Money = 9_00;
  /** Pieces. */
  quantity: i32 = 1;
  /** What comes off its price. */
  percent: Percent = Percent.of(100);
}

@promo(name="free-gift", template=true)
export function freeGift(ctx: Context, p: FreeGift): Result {
  const missing = p.threshold - ctx.cart.total;
  if (missing > 0) return Result.message(missing, "TO_FREE_GIFT");
  return Result.giftPercent(p.sku, p.product, p.quantity, p.unitPrice, p.percent, "FREE_GIFT").discountPresent();
}

/** A gift with each unit of some goods. */
class GiftPerUnit {
  /** Categories that it is about. */
  categories: Tags = Tags.of("shoes");
  /** Sku of the gift. */
  sku: Sym = "care-kit";
  /** Its product. */
  product: Sym = "care-kit";
  /** What a piece costs otherwise. */
  unitPrice: Money = 5_00;
  /** Pieces with each unit. */
  quantity: i32 = 1;
}

@promo(name="gift-per-unit", template=true)
export function giftPerUnit(ctx: Context, p: GiftPerUnit): Result {
  return Result.gift(p.sku, p.product, p.quantity, p.unitPrice, "GIFT_PER_UNIT")
    .on(ctx.cart.inCategories(p.categories))
    .perUnit();
}

/** A special unit price of some goods for members of a segment. */
class MemberPrice {
  /** Segments of which one is enough. */
  segments: Tags = Tags.of("members");
  /** Categories that it is about. */
  categories: Tags = Tags.of("accessories");
  /** What a unit costs members. */
  price: Money = 20_00;
}

@promo(name="member-price", template=true)
export function memberPrice(ctx: Context, p: MemberPrice): Result {
  if (!ctx.customer.inSegments(p.segments)) return Result.none();
  return Result.unitsPrice(ctx.cart.inCategories(p.categories), p.price, "MEMBER_PRICE");
}

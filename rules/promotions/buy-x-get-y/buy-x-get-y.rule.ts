/** Buy some units of one line, get some more of the same line free. */
class BuyXGetY {
  categories: Tags = Tags.of("accessories");
  buy: i32 = 2;
  free: i32 = 1;
}

@promo(name="buy-x-get-y", priority=50)
export function buyXGetY(ctx: Context, p: BuyXGetY): Result {
  const lines = ctx.cart.inCategories(p.categories);
  const round = p.buy + p.free;
  let result = Result.none();
  if (p.free <= 0 || round <= 0) return result;
  for (let i = 0; i < lines.count; i++) {
    const line = lines.at(i);
    const free = (line.quantity / round) * p.free;
    result = result.and(Result.line(line, line.unitPrice * i64(free), "BUY_X_GET_Y"));
  }
  return result;
}

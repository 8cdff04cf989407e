/** An amount off each line of enough units. */
class LineAmount {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Units that a line must have. */
  units: i32 = 3;
  /** What comes off the line, once. */
  off: Money = 5_00;
}

@promo(name="line-amount", template=true)
export function lineAmount(ctx: Context, p: LineAmount): Result {
  const lines = ctx.cart.inCategories(p.categories);
  let result = Result.none();
  for (let i = 0; i < lines.count; i++) {
    if (lines.at(i).quantity >= p.units) result = result.and(Result.line(lines.at(i), p.off, "LINE_AMOUNT"));
  }
  return result;
}
